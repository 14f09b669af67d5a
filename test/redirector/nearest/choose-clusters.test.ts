/** Which clusters a question is answered with. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/lib/rng.js';
import type { LiveCluster } from '../../../src/redirector/clusters/live-cluster.js';
import { chooseClusters } from '../../../src/redirector/nearest/choose-clusters.js';
import { firstOf } from '../../../src/redirector/nearest/distances.js';

const clusterOf = (label: string, more: Partial<LiveCluster> = {}): LiveCluster => ({
  ...{ key: label as never, coordinates: undefined, carries: true, places: 3, free: 100 },
  sessions: new Map(),
  target: { label, addresses4: [], addresses6: [], port: 8000, weight: 1 },
  ...more,
});

const NIGHT = 'night';
const rng = createRng(1);

/** The labels in the order of the answer. */
function choose(
  live: readonly LiveCluster[],
  sessions?: readonly string[],
  order?: readonly string[],
) {
  const distances = {
    knowsAny: () => order !== undefined,
    order: (_network: string, clusters: readonly LiveCluster[]) =>
      order?.flatMap((label) => clusters.find(({ target }) => target.label === label) ?? []),
  };
  const options = { distances, isListed: (id: string) => id === NIGHT, unit: () => rng.unit() };
  const { clusters, isForNetwork } = chooseClusters(live, '192.0.2.0', sessions, options);
  return { labels: clusters.map(({ label }) => label), isForNetwork };
}

describe('A question for any cluster', () => {
  test('is answered with the nearest that have room', () => {
    const live = ['a', 'b', 'c'].map((label) => clusterOf(label, { free: label === 'b' ? 0 : 9 }));
    expect(choose(live, undefined, ['c', 'b', 'a'])).toEqual({
      ...{ labels: ['c', 'a'], isForNetwork: true },
    });
  });

  test('is spread by room where distances are not known', () => {
    const live = [clusterOf('small', { free: 100 }), clusterOf('large', { free: 300 })];
    const first = Array.from({ length: 2000 }, () => choose(live).labels[0]);
    const large = first.filter((label) => label === 'large').length;
    expect(large / first.length).toBeGreaterThan(0.7);
    expect(large / first.length).toBeLessThan(0.8);
    expect(choose(live).isForNetwork).toBe(false);
  });
});

describe('A question for a session', () => {
  const here = clusterOf('here', { sessions: new Map([[NIGHT, 5]]), places: 0 });
  const full = clusterOf('full', { sessions: new Map([[NIGHT, 0]]) });

  test('is answered with clusters that carry it with room, or can', () => {
    const live = [
      ...[full, here, clusterOf('could')],
      ...[clusterOf('crowded', { places: 0 }), clusterOf('own', { carries: false })],
    ];
    expect(choose(live, [NIGHT]).labels).toEqual(['here', 'could']);
    expect(choose(live, [NIGHT], ['could', 'here', 'own', 'full', 'crowded']).labels).toEqual([
      ...['could', 'here'],
    ]);
  });

  test('that is listed nowhere is answered with those that carry it only', () => {
    const secret = clusterOf('secret', { sessions: new Map([['unlisted', 5]]) });
    expect(choose([secret, clusterOf('other')], ['unlisted']).labels).toEqual(['secret']);
  });

  test('is answered with a cluster that has one of the sessions of the name', () => {
    expect(choose([full, here], ['other', NIGHT]).labels).toEqual(['here']);
  });
});

test('Clusters that are as far as each other share listeners by their room', () => {
  const live = [
    clusterOf('far'),
    clusterOf('one', { free: 100 }),
    clusterOf('other', { free: 300 }),
  ];
  const isFar = ({ target }: LiveCluster): number => Number(target.label === 'far');
  const distances = {
    knowsAny: () => true,
    order: (_network: string, clusters: readonly LiveCluster[]) =>
      clusters.toSorted((one, other) => isFar(one) - isFar(other)),
  };
  const options = { distances, isListed: () => true, unit: () => rng.unit() };
  const chosen = Array.from({ length: 2000 }, () =>
    chooseClusters(live, '192.0.2.0', undefined, options).clusters.map(({ label }) => label),
  );
  expect(chosen.every((labels) => labels[2] === 'far')).toBe(true);
  const share = chosen.filter(([first]) => first === 'other').length / chosen.length;
  expect(share).toBeGreaterThan(0.7);
  expect(share).toBeLessThan(0.8);
});

test('Of several sources of distances the first that knows a network is asked', () => {
  const source = (knows: boolean, label: string | undefined) => ({
    knowsAny: () => knows,
    order: () => (label === undefined ? undefined : [clusterOf(label)]),
  });
  const orderOf = (...sources: ReturnType<typeof source>[]) =>
    firstOf(sources)
      .order('', [])
      ?.map(({ target }) => target.label);
  expect(orderOf(source(false, 'a'), source(true, undefined), source(true, 'c'))).toEqual(['c']);
  expect(orderOf(source(false, 'a'))).toBeUndefined();
  expect(firstOf([source(false, 'a')]).knowsAny()).toBe(false);
});
