/** Samples of what is seen once a second. */
import { describe, expect, test } from 'vitest';
import { createSampler, type Seen } from '../../../src/cluster/history/sampler.js';

const T0 = 1_700_000_000;

const session = (listeners: number, more: Partial<Seen> = {}): Seen => ({
  ...{ kind: 'session', name: 'a.example/one', listeners, ...more },
});

/** What was measured when this was seen, a second after each other. */
function measured(...seen: readonly (readonly Seen[])[]) {
  const sampler = createSampler();
  for (const [second, all] of seen.entries()) {
    sampler.see(all, second * 1000, (T0 + second) * 1000);
  }
  return sampler.take();
}

describe('The sampler', () => {
  test('adds up how long all have listened, and remembers the most', () => {
    expect(measured([session(7)], [session(4)], [session(9)], [session(2)])).toEqual([
      {
        ...{ kind: 'session', name: 'a.example/one', at: T0, starts: 0 },
        ...{ measuredMs: 3000, listeningMs: 15_000, peak: 9 },
      },
    ]);
  });

  test('begins another sample with each span of ten seconds', () => {
    const samples = measured(...Array.from({ length: 13 }, () => [session(1)]));
    expect(samples.map(({ at, measuredMs }) => [at, measuredMs])).toEqual([
      [T0, 9000],
      [T0 + 10, 3000],
    ]);
  });

  test('counts those that begin, but not those that began before it was there', () => {
    const found = { startsTotal: 100, startsBefore: 100 };
    const [sample] = measured(
      [session(5, found)],
      [session(5, { startsTotal: 103 })],
      [session(5, { startsTotal: 90 })], // an SCX was forgotten
      [session(5, { startsTotal: 92 })],
    );
    expect(sample?.starts).toBe(5);
    const [fresh] = measured([], [session(1, { startsTotal: 3, startsBefore: 0 })]);
    expect(fresh?.starts).toBe(3);
  });

  test('makes nothing of an idle session until somebody begins to listen', () => {
    const idle = { startsTotal: 4, startsBefore: 4, isIdle: true };
    expect(measured([session(0, idle)], [session(0, idle)])).toEqual([]);
    const [sample] = measured([session(0, idle)], [session(0, { startsTotal: 6, isIdle: true })]);
    expect(sample).toMatchObject({ starts: 2, measuredMs: 1000, listeningMs: 0 });
  });

  test('has not measured the time in which it stood still', () => {
    const sampler = createSampler();
    for (const second of [0, 1, 90, 91]) {
      sampler.see([session(10)], second * 1000, (T0 + second) * 1000);
    }
    const sum = sampler.take().reduce((all, { measuredMs }) => all + measuredMs, 0);
    expect(sum).toBe(2000);
    expect(sampler.take()).toEqual([]);
  });
});
