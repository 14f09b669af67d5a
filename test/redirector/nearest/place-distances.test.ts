/** The order of clusters by a database of addresses. */
import { expect, test } from 'vitest';
import type { LiveCluster } from '../../../src/redirector/clusters/live-cluster.js';
import { createPlaceDistances } from '../../../src/redirector/nearest/place-distances.js';

const COUNTRIES: Record<string, string> = {
  ...{ '192.0.2.0': 'DE', '2001:db8:1::': 'FR', '198.51.100.1': 'DE', '203.0.113.1': 'FR' },
  '2001:db8:2::1': 'FR',
};

const clusterAt = (...addresses: readonly string[]): LiveCluster => ({
  ...{ key: addresses.join() as never, coordinates: undefined, carries: true, places: 3, free: 9 },
  sessions: new Map(),
  target: {
    addresses4: addresses.filter((address) => !address.includes(':')),
    addresses6: addresses.filter((address) => address.includes(':')),
    ...{ label: addresses.join(), port: 8000, weight: 1 },
  },
});

function open() {
  const asked: string[] = [];
  const distances = createPlaceDistances((address) => {
    asked.push(address);
    return COUNTRIES[address] === undefined ? undefined : { country: COUNTRIES[address] };
  });
  const order = (network: string, ...clusters: readonly LiveCluster[]) =>
    distances.order(network, clusters)?.map(({ target }) => target.label);
  return { order, asked };
}

const [HERE, THERE] = [clusterAt('198.51.100.1'), clusterAt('203.0.113.1')];

test('A cluster in the country of the network is first, also by IPv6', () => {
  const { order } = open();
  const both = clusterAt('10.0.0.1', '2001:db8:2::1');
  expect(order('192.0.2.0', THERE, HERE)).toEqual(['198.51.100.1', '203.0.113.1']);
  expect(order('2001:db8:1::', HERE, both)).toEqual(['10.0.0.1,2001:db8:2::1', '198.51.100.1']);
});

test('A network that the database does not know has no order', () => {
  const { order } = open();
  expect(order('192.0.3.0', THERE, HERE)).toBeUndefined();
  expect(order('', THERE, HERE)).toBeUndefined();
  expect(order('192.0.2.0', clusterAt('10.0.0.1'))).toBeUndefined();
});

test('Clusters are looked up once, and networks are not remembered', () => {
  const { order, asked } = open();
  for (let time = 0; time < 3; time++) order('192.0.2.0', THERE, HERE);
  expect(asked.filter((address) => address === '192.0.2.0')).toHaveLength(3);
  expect(asked).toHaveLength(5);
});
