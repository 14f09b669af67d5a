/**
 * Whole sessions with drawn faults, the checker always on. The gate plays the first seeds;
 * `npm run sim-soak` plays more.
 */
import { describe, expect, test } from 'vitest';
import { explain } from './replay.js';
import { drawScenario, isLossless, playScenario, type Scenario } from './scenario.js';

const SEEDS_IN_GATE = 4;

const seeds = Array.from({ length: SEEDS_IN_GATE }, (_, index) => index + 1);

function play(scenario: Scenario): ReturnType<typeof playScenario> {
  try {
    return playScenario(scenario);
  } catch (error) {
    throw explain(scenario, error);
  }
}

describe('A session', () => {
  for (const seed of seeds) {
    const scenario = drawScenario(seed);
    const kinds = scenario.faults.map(({ kind }) => kind as string);
    const liars = (scenario.liars ?? []).map(({ manner }) => `liars (${manner})`);
    const faults = [...new Set([...kinds, ...liars])].join(', ');
    test(`keeps its invariants and recovers: seed ${seed}, ${scenario.profile}, ${faults}`, () => {
      const { delivered } = play(scenario);
      expect(delivered).toBeGreaterThan(0);
    });
  }

  test('is the same to the last ADU when it is played twice from one seed', () => {
    for (const seed of [101, 102]) {
      const first = play(drawScenario(seed));
      expect(play(drawScenario(seed))).toEqual(first);
    }
  });

  test('is another one from another seed', () => {
    const scenario = drawScenario(101);
    const hashes = [1, 2].map((seed) => play({ ...scenario, seed }).traceHash);
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  test('loses no ADU to crashes, silent deaths, leaves, newcomers, breaks and jitter', () => {
    const scenario: Scenario = {
      seed: 7,
      profile: 'fast',
      scxs: 30,
      rendezvousPoints: 2,
      sources: [3, 17],
      faults: [
        ...[4, 5, 6, 7].map((scx) => ({ kind: 'crash' as const, atMs: 15_000, scx })),
        ...[8, 9, 10].map((scx) => ({ kind: 'vanish' as const, atMs: 20_000, scx })),
        ...[11, 12, 13].map((scx) => ({ kind: 'leave' as const, atMs: 25_000, scx })),
        ...[28_000, 28_050].map((atMs) => ({ kind: 'join' as const, atMs })),
        { kind: 'breaks', atMs: 30_000, forMs: 5000, everyMessages: 500 },
        { kind: 'jitter', atMs: 32_000, forMs: 5000, jitterMs: 100 },
      ],
    };
    expect(isLossless(scenario)).toBe(true);
    expect(play(scenario)).toMatchObject({ missed: 0 });
  });

  test('survives half of it dying at one instant', () => {
    for (const profile of ['fast', 'paper'] as const) {
      const dead = Array.from({ length: 15 }, (_, index) => 2 * index + 1);
      play({
        seed: 8,
        profile,
        scxs: 30,
        rendezvousPoints: 1,
        sources: [14],
        faults: dead.map((scx) => ({ kind: 'vanish', atMs: 20_000, scx })),
      });
    }
  });

  test('survives half of it leaving at one instant, without a storm of notices', () => {
    for (const profile of ['fast', 'paper'] as const) {
      const staying: Scenario = {
        seed: 9,
        profile,
        scxs: 30,
        rendezvousPoints: 1,
        sources: [14],
        faults: [{ kind: 'jitter', atMs: 20_000, forMs: 1, jitterMs: 0 }],
      };
      const gone = Array.from({ length: 15 }, (_, index) => 2 * index + 1);
      const leaving: Scenario = {
        ...staying,
        faults: gone.map((scx) => ({ kind: 'leave', atMs: 20_000, scx })),
      };
      expect(play(leaving).messages).toBeLessThan(play(staying).messages);
    }
  });
});
