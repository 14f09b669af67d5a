/** Where clusters are, by the hosts of their URLs. */
import { expect, test } from 'vitest';
import { createClusterPlaces } from '../../../src/cluster/nearest/cluster-places.js';

const HOLDS_MS = 600_000;

function open() {
  const state = { now: 0, addresses: { 'one.example': '192.0.2.1' } as Record<string, string> };
  const asked: string[] = [];
  const places = createClusterPlaces({
    placeOf: (address) => ({ country: address }),
    now: () => state.now,
    resolve: async (host) => {
      asked.push(host);
      const address = state.addresses[host];
      if (address === undefined) throw new Error('no such host');
      return address;
    },
  });
  return { state, asked, countryAt: (url: string) => places(url)?.country };
}

test('A host is looked up once in a while; what was known stays meanwhile, and if that fails', async () => {
  const { state, asked, countryAt } = open();
  const url = 'http://one.example:8000';
  expect(countryAt(url)).toBeUndefined();
  await expect.poll(() => countryAt(url)).toBe('192.0.2.1');
  expect(asked).toEqual(['one.example']);
  state.addresses = { 'one.example': '192.0.2.2' };
  state.now += HOLDS_MS;
  expect(countryAt(url)).toBe('192.0.2.1');
  await expect.poll(() => countryAt(url)).toBe('192.0.2.2');
  state.addresses = {};
  state.now += HOLDS_MS;
  expect(countryAt(url)).toBe('192.0.2.2');
  await expect.poll(() => asked.length).toBe(3);
  expect(countryAt(url)).toBe('192.0.2.2');
});

test('A host that is an address, also of IPv6, needs no name server', async () => {
  const places = createClusterPlaces({ placeOf: (country) => ({ country }), now: () => 0 });
  const countryAt = (url: string) => places(url)?.country;
  await expect.poll(() => countryAt('http://[2001:db8::7]:8000')).toBe('2001:db8::7');
  await expect.poll(() => countryAt('http://192.0.2.7:8000')).toBe('192.0.2.7');
  expect(countryAt('nonsense')).toBeUndefined();
});
