import { describe, expect, test } from 'vitest';
import { FAST, PAPER, validateConfig } from '../../src/gossamer/config.js';

describe('The configuration of Gossamer', () => {
  test('is valid in both profiles', () => {
    expect(validateConfig(PAPER)).toEqual({ ok: true, value: PAPER });
    expect(validateConfig(FAST)).toEqual({ ok: true, value: FAST });
  });

  test('has the constants that the paper states, in both profiles', () => {
    for (const config of [PAPER, FAST]) {
      expect(config).toMatchObject({ addedEdgesMax: 3, acceptedEdgesMax: 4, hysteresis: 0.15 });
      expect(config).toMatchObject({ discoveryListMax: 30, probeIntervalMs: 5000 });
      expect(config).toMatchObject({ updateIntervalMs: 30_000, discoveryIntervalMs: 5000 });
    }
    expect(PAPER).toMatchObject({ discoveryIntervalMinMs: 5000, probeIntervalMinMs: 5000 });
    expect(PAPER).toMatchObject({ keepHeartbeatEdge: false, directedProbes: false });
  });

  test('is told every problem at once, relations included', () => {
    const checked = validateConfig({
      ...FAST,
      acceptedEdgesMax: 3,
      hysteresis: 2,
      heartbeatTimeoutMs: 1500,
      recentMs: 30_000,
      channels: [],
    });
    expect(checked.ok).toBe(false);
    const problems = checked.ok ? [] : checked.problems;
    for (const name of ['acceptedEdgesMax', 'hysteresis', 'heartbeatTimeoutMs', 'recentMs']) {
      expect(problems.some((problem) => problem.includes(name))).toBe(true);
    }
    expect(problems.some((problem) => problem.startsWith('channels'))).toBe(true);
  });
});
