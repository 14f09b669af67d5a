import { describe, expect, test } from 'vitest';
import { drawVisits } from '../../scripts/bench/locating/drawn-visits.js';
import { readPlanetLab } from '../../scripts/bench/locating.js';
import { quantile } from '../../scripts/bench/machine/quantile.js';
import { createRng } from '../../src/lib/rng.js';
import { createSeenNetworks } from '../../src/locating/seen-networks.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const clusterAt = (id: string, x: number, y = 0) => ({
  id,
  coordinates: { x, y, height: 1, error: 0.1, samples: 100 },
});
/** 40 and 120 ms of round trip from the first one, one way 20 and 60. */
const WEST = clusterAt('west', 0);
const MIDDLE = clusterAt('middle', 20);
const EAST = clusterAt('east', 60);
const CLUSTERS = [WEST, MIDDLE, EAST];

const memory = () => createSeenNetworks(createRng(1));
const orderOf = (networks: ReturnType<typeof memory>, network: string) =>
  networks.nearest(network, CLUSTERS)?.map(({ id }) => id);

describe('The nearest cluster', () => {
  test('is unknown for a network of which nothing was seen', () => {
    const networks = memory();
    networks.onSeen('192.0.2.0/24', WEST, 10, 0);
    expect(networks.nearest('198.51.100.0/24', CLUSTERS)).toBeUndefined();
    expect(networks.nearest('192.0.2.0/24', [EAST])).toBeUndefined();
  });

  test('is the one to which a short round trip was seen', () => {
    const networks = memory();
    networks.onSeen('n', EAST, 6, 0);
    expect(orderOf(networks, 'n')?.[0]).toBe('east');
  });

  test('is the one for which the round trips to all others speak', () => {
    const networks = memory();
    networks.onSeen('n', WEST, 126, 0);
    networks.onSeen('n', MIDDLE, 84, 0);
    const [first] = networks.nearest('n', CLUSTERS) ?? [];
    expect(first?.id).toBe('east');
    expect(first?.rttMs).toBeLessThan(20);
    expect(first?.uncertainMs).toBeGreaterThan(0);
  });

  test('is what was seen there, whatever is expected', () => {
    const networks = memory();
    networks.onSeen('n', WEST, 126, 0);
    networks.onSeen('n', MIDDLE, 84, 0);
    networks.onSeen('n', EAST, 300, 0);
    expect(orderOf(networks, 'n')).toEqual(['middle', 'west', 'east']);
  });

  test('is tried where other networks of the same round trips have found it', () => {
    const networks = memory();
    // The coordinates know nothing of a fast line from these networks to the east.
    for (const network of ['a', 'b', 'c']) {
      networks.onSeen(network, WEST, 50, 0);
      networks.onSeen(network, MIDDLE, 60, 0);
      networks.onSeen(network, EAST, 12, 0);
    }
    networks.onSeen('n', WEST, 50, 0);
    networks.onSeen('n', MIDDLE, 60, 0);
    expect(orderOf(networks, 'n')?.[0]).toBe('east');
  });
});

describe('What was seen of a network', () => {
  test('is the shortest round trip, as queues only make it longer', () => {
    const networks = memory();
    networks.onSeen('n', WEST, 30, 0);
    networks.onSeen('n', WEST, 20, 1);
    networks.onSeen('n', WEST, 200, 2);
    expect(networks.nearest('n', [WEST])).toEqual([{ id: 'west', rttMs: 20, uncertainMs: 0 }]);
  });

  test('is replaced once it is old, as routes change', () => {
    const networks = memory();
    networks.onSeen('n', WEST, 20, 0);
    networks.onSeen('n', WEST, 200, HOUR);
    expect(networks.nearest('n', [WEST])?.[0]?.rttMs).toBe(200);
  });

  test('is forgotten in the end', () => {
    const networks = memory();
    networks.onSeen('n', WEST, 20, 0);
    networks.onSeen('n', EAST, 200, 14 * DAY);
    expect(networks.nearest('n', [WEST])).toBeUndefined();
  });

  test.each([-1, Number.NaN, 5001, Number.POSITIVE_INFINITY])(
    'is no round trip of %s ms',
    (rtt) => {
      const networks = memory();
      networks.onSeen('n', WEST, rtt, 0);
      expect(networks.size).toBe(0);
    },
  );

  test('is bounded: 20,000 networks, the one that was seen last stays', () => {
    const networks = memory();
    for (let index = 0; index < 20_010; index++) networks.onSeen(`n${index}`, WEST, 20, index);
    expect(networks.size).toBe(20_000);
    expect(networks.nearest('n9', CLUSTERS)).toBeUndefined();
    expect(networks.nearest('n20009', CLUSTERS)).toBeDefined();
  });

  test('is bounded for one network, too: 32 clusters', () => {
    const networks = memory();
    const many = Array.from({ length: 40 }, (_, index) => clusterAt(`c${index}`, index));
    for (const cluster of many) networks.onSeen('n', cluster, 20, 0);
    const seen = networks.nearest('n', many)?.filter(({ uncertainMs }) => uncertainMs === 0);
    expect(seen).toHaveLength(32);
  });
});

test('On measured round trips, listeners are sent near once their network was seen a few times', () => {
  const rng = createRng(3);
  const report = drawVisits({ matrix: readPlanetLab(), clusters: 20, visits: 5, room: 4, rng });
  const excess = report.excessMs[5] ?? [];
  expect(quantile(excess, 0.5)).toBeLessThanOrEqual(5);
  expect(quantile(excess, 0.95)).toBeLessThanOrEqual(20);
  expect(report.fullest).toBeLessThanOrEqual(1);
});
