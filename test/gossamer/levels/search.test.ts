import { describe, expect, test } from 'vitest';
import type { Address } from '../../../src/gossamer/core/node.js';
import { LEVEL_TIMEOUTS } from '../../../src/gossamer/levels/level-config.js';
import { createSearch, type Found } from '../../../src/gossamer/levels/search.js';
import { createRng } from '../../../src/lib/rng.js';
import { addressOf, nodeId } from '../support.js';

/** Nodes on a line: the delay between two is the difference of their numbers; each knows those beside it. */
const LINE = 64;

function playSearch(home: number, first: readonly number[], isDead = (_: number) => false) {
  const waiting: { at: number; answer: () => void }[] = [];
  const asked: number[] = [];
  let found: readonly Found[] | undefined;
  let now = 0;
  const numberOf = (address: Address): number => Number(/\d+/.exec(address)?.[0]);
  const search = createSearch({
    rng: createRng(1),
    home: addressOf(home),
    send: (to, message) => {
      const number = numberOf(to);
      asked.push(number);
      if (isDead(number) || message.kind !== 'seek') return;
      const steps = [-16, -8, -4, -2, -1, 1, 2, 4, 8, 16].map((step) => number + step);
      const offer = {
        ...{ oldest: nodeId(number), members: 1, entries: [to], above: [], represents: false },
        near: steps.filter((other) => other >= 0 && other < LINE).map(addressOf),
      };
      const rtt = 2 * Math.abs(number - home);
      const answer = (): void => search.onOffer(to, message.nonce, offer, now);
      waiting.push({ at: now + rtt, answer });
    },
    onDone: (results) => {
      found = results;
    },
  });
  search.begin(first.map(addressOf), now);
  while (search.isRunning()) {
    waiting.sort((a, b) => a.at - b.at);
    const next = waiting[0];
    now = Math.min(next?.at ?? Number.POSITIVE_INFINITY, search.roundEndsAt());
    if (next !== undefined && next.at <= now) waiting.shift()?.answer();
    else search.tick(now);
  }
  return { found: found ?? [], asked, now };
}

describe('A search for the nearest neighbourhood', () => {
  test('comes near over few nodes, and measures the round trip to each', () => {
    const { found, asked } = playSearch(40, [0]);
    expect(found[0]?.rttMs).toBeLessThanOrEqual(8);
    expect(found[0]?.rttMs).toBe(2 * Math.abs(Number(/\d+/.exec(found[0]?.home ?? '')?.[0]) - 40));
    expect(asked.length).toBeLessThanOrEqual(30);
    expect(new Set(asked).size).toBe(asked.length);
  });

  test('does not wait longer than a second for those that do not answer', () => {
    const { found, now } = playSearch(40, [0, 20], (number) => number === 20);
    expect(found.length).toBeGreaterThan(0);
    expect(now).toBeLessThanOrEqual(5 * LEVEL_TIMEOUTS.answersMs);
  });

  test('ends with nothing where nobody answers, or nobody is known', () => {
    expect(playSearch(40, [0], () => true).found).toEqual([]);
    expect(playSearch(40, []).found).toEqual([]);
  });
});
