/** Which clusters listeners are sent to, and which claims are believed. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/lib/rng.js';
import { clustersInstead, nearerClusters, type OtherCluster } from '../../src/locating/choice.js';
import { isContradicted, isMisplaced } from '../../src/locating/claims.js';
import { createSeenNetworks } from '../../src/locating/seen-networks.js';

const at = (x: number) => ({ x, y: 0, height: 0, error: 0.1, samples: 9 });
const UNPLACED = { x: 0, y: 0, height: 0, error: 1, samples: 0 };
const HERE = { id: 'here', coordinates: at(0) };
/** 100 ms from here, both by its coordinates and as measured. */
const FAR: OtherCluster = { id: 'far', coordinates: at(50), rttMs: 100 };

/** What each has seen of the network, ms. */
function choiceOf(roundTrips: Record<string, number>, others = [FAR], here = HERE) {
  const seen = createSeenNetworks(createRng(1));
  for (const cluster of [here, ...others]) {
    const rttMs = roundTrips[cluster.id];
    if (rttMs !== undefined) seen.onSeen('net', cluster, rttMs, 0);
  }
  return { here, others, network: 'net', seen };
}

const nearer = (...given: Parameters<typeof choiceOf>) =>
  nearerClusters(choiceOf(...given)).map(({ id }) => id);

describe('A listener is sent', () => {
  test('to a cluster that is much nearer to its network', () => {
    expect(nearer({ here: 90, far: 20 })).toEqual(['far']);
    expect(nearer({ here: 60, far: 52 })).toEqual([]);
    expect(nearer({ here: 200, far: 170 })).toEqual([]);
    expect(nearer({ here: 20 })).toEqual([]);
  });

  test('also to one that has not seen its network, if that must be near by all that is known', () => {
    const third = { id: 'third', coordinates: at(52), rttMs: 104 };
    expect(nearer({ here: 104, far: 4 }, [FAR, third])).toContain('far');
    expect(nearer({ here: 100 }, [FAR])).toEqual(['far']);
  });

  test('nowhere while nothing is known of its network', () => {
    expect(nearer({})).toEqual([]);
  });

  test('to no cluster whose place is not known, unless it has seen the network', () => {
    const hidden = { id: 'hidden', coordinates: UNPLACED, rttMs: 100 };
    expect(nearer({ here: 100 }, [hidden])).toEqual([]);
    expect(nearer({ here: 100, hidden: 10 }, [hidden])).toEqual(['hidden']);
    expect(nearer({ hidden: 10 }, [hidden], { id: 'here', coordinates: UNPLACED })).toEqual([]);
  });
});

describe('By a guess', () => {
  const guessing = (
    guessed: Record<string, number> | undefined,
    ...given: Parameters<typeof choiceOf>
  ) => ({ ...choiceOf(...given), guess: () => guessed && new Map(Object.entries(guessed)) });
  const nearerBy = (...given: Parameters<typeof guessing>) =>
    nearerClusters(guessing(...given)).map(({ id }) => id);
  const third = { id: 'third', coordinates: UNPLACED, rttMs: 30 };

  test('a listener of a network that nobody has seen is sent to a cluster that is much nearer', () => {
    expect(nearerBy({ here: 20, far: 0 }, {})).toEqual(['far']);
    expect(nearerBy({ here: 60, far: 20, third: 10 }, {}, [FAR, third])).toEqual(['third', 'far']);
    expect(nearerBy({ here: 20, far: 11 }, {})).toEqual([]);
    expect(nearerBy({ here: 160, far: 140 }, {})).toEqual([]);
    expect(nearerBy({ here: 0, far: 0 }, {})).toEqual([]);
  });

  test('nobody is sent away while our own place, or that of the network, is not known', () => {
    expect(nearerBy({ far: 0 }, {})).toEqual([]);
    expect(nearerBy(undefined, {})).toEqual([]);
    expect(nearerBy({ here: 20 }, {})).toEqual([]);
  });

  test('nobody is sent to a cluster that is not among those that are trusted', () => {
    expect(nearerBy({ here: 20, stranger: 0 }, {})).toEqual([]);
    expect(clustersInstead(guessing({ here: 20, stranger: 0, far: 5 }, {}))).toEqual(['far']);
  });

  test('nothing is changed where a round trip was seen', () => {
    expect(nearerBy({ here: 20, far: 0 }, { here: 20 })).toEqual([]);
    expect(nearerBy({ here: 0, far: 20 }, { here: 90, far: 20 })).toEqual(['far']);
    // A claim that our measurements contradict is no reason to guess.
    expect(nearerBy({ here: 20, far: 0 }, { here: 30, far: 1 })).toEqual([]);
    expect(
      clustersInstead(guessing({ far: 0, third: 20 }, { far: 90, third: 5 }, [FAR, third])),
    ).toEqual(['third', 'far']);
  });

  test('of several clusters in place of a full one the guess decides, and then the way from here', () => {
    const instead = (guessed: Record<string, number> | undefined) =>
      clustersInstead(guessing(guessed, {}, [FAR, third]));
    expect(instead({ far: 0, third: 20 })).toEqual(['far', 'third']);
    expect(instead({ far: 20, third: 20 })).toEqual(['third', 'far']);
    expect(instead({ far: 20 })).toEqual(['far', 'third']);
    expect(instead(undefined)).toEqual(['third', 'far']);
  });
});

describe('A claim', () => {
  test('that our own measurements contradict gets no listener', () => {
    // 100 ms from here, so it is not 1 ms from a network that is 10 ms from here.
    expect(nearer({ here: 30, far: 1 })).toEqual([]);
    expect(nearer({ here: 65, far: 1 })).toEqual(['far']);
    expect(isContradicted(1, { toClusterMs: 100, toNetworkMs: 10 })).toBe(true);
    expect(isContradicted(1, { toClusterMs: 100, toNetworkMs: undefined })).toBe(false);
    expect(isContradicted(1, { toClusterMs: undefined, toNetworkMs: 10 })).toBe(false);
  });

  test('to be elsewhere than measured gets none either', () => {
    const liar = { id: 'liar', coordinates: at(1), rttMs: 200 };
    expect(nearer({ here: 100, far: 95 }, [FAR, liar])).toEqual([]);
    expect(isMisplaced(2, 200)).toBe(true);
    expect(isMisplaced(130, 200)).toBe(false);
    expect(isMisplaced(2, undefined)).toBe(false);
  });
});

test('When a cluster is full, others are asked: the nearest to the network, or else to us', () => {
  const near = { id: 'near', coordinates: at(5), rttMs: 10 };
  expect(clustersInstead(choiceOf({ here: 60, far: 50, near: 55 }, [near, FAR]))).toEqual([
    'far',
    'near',
  ]);
  expect(clustersInstead(choiceOf({}, [FAR, near]))).toEqual(['near', 'far']);
});
