import { describe, expect, test } from 'vitest';
import { FAST, PAPER, validateConfig } from '../../../src/gossamer/core/config.js';

describe('The configuration of Gossamer', () => {
  test('is valid in both profiles', () => {
    expect(validateConfig(PAPER)).toEqual({ ok: true, value: PAPER });
    expect(validateConfig(FAST)).toEqual({ ok: true, value: FAST });
  });

  test('has the constants that the paper states, its limits in both profiles', () => {
    for (const config of [PAPER, FAST]) {
      expect(config).toMatchObject({ addedEdgesMax: 3, acceptedEdgesMax: 4, hysteresis: 0.15 });
      expect(config).toMatchObject({ discoveryListMax: 30, updateIntervalMs: 30_000 });
    }
    expect(PAPER).toMatchObject({ discoveryIntervalMs: 5000, probeIntervalMs: 5000 });
    expect(PAPER).toMatchObject({ discoveryIntervalMinMs: 5000, probeIntervalMinMs: 5000 });
    expect(PAPER).toMatchObject({ keepAliveIntervalMs: 5000, treeKeepAliveIntervalMs: 5000 });
    expect(PAPER).toMatchObject({ keepHeartbeatEdge: false, directedProbes: false });
    expect(PAPER).toMatchObject({
      exchangesEdges: false,
      evict: false,
      reversible: false,
      gainLeast: 0,
    });
    expect(PAPER).toMatchObject({ discoveryDigests: false, routeHysteresis: 0, pingWeight: 1 });
  });

  test('has all departures from the text off in profile paper, and on in profile fast', () => {
    const departures = [
      'triggersUpdates',
      'exchangesOnNewGenerator',
      'gossipsGenerators',
      'suspectsFirst',
      'refutesDeaths',
      'verifiesFailures',
      'remembersBroken',
    ] as const;
    for (const name of departures)
      expect([name, PAPER[name], FAST[name]]).toEqual([name, false, true]);
    expect(PAPER).toMatchObject({ hysteresisCounts: 'known', figure4: 'own' });
  });

  test('bounds what an SCX remembers: 400 members, their deaths for ten minutes or one', () => {
    expect(FAST).toMatchObject({ membersMax: 400, deathMemoryMs: 600_000 });
    expect(PAPER).toMatchObject({ membersMax: 400, deathMemoryMs: 60_000 });
  });

  test('reports every problem at once, relations included', () => {
    const checked = validateConfig({
      ...FAST,
      acceptedEdgesMax: 3,
      hysteresis: 2,
      heartbeatTimeoutMs: 1500,
      recentMs: 30_000,
      treeKeepAliveIntervalMs: 1001,
      channels: [],
    });
    expect(checked.ok).toBe(false);
    const problems = checked.ok ? [] : checked.problems;
    const named = problems.map((problem) => problem.split(' ')[0]);
    expect(named.sort()).toEqual([
      'acceptedEdgesMax',
      'channels',
      'heartbeatTimeoutMs',
      'hysteresis',
      'recentMs',
      'treeKeepAliveIntervalMs',
    ]);
  });
});
