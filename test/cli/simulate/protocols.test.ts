import { describe, expect, test } from 'vitest';
import { protocols } from '../../../src/cli/options/simulate-values.js';
import { protocolsText } from '../../../src/cli/simulate/protocols-view.js';
import { simulateProtocols } from '../../../src/cli/simulate/simulate-protocols.js';
import { openTopology } from '../../../src/cli/simulate/topology-file.js';
import { FAST } from '../../../src/gossamer/core/config.js';
import { compare } from '../../../src/simulator/rivals/comparison.js';
import { PROTOCOLS } from '../../../src/simulator/rivals/protocols.js';
import { TS1000N } from '../../../src/simulator/topology/transit-stub.js';

const open = openTopology('transit-stub', TS1000N);

describe('--protocol', () => {
  test('takes protocols, or all', () => {
    expect(protocols.parse('all')).toEqual(PROTOCOLS);
    expect(protocols.parse('plumtree,gossamer')).toEqual(['plumtree', 'gossamer']);
    for (const bad of ['', 'scribe', 'gossamer,', 3]) expect(() => protocols.parse(bad)).toThrow();
  });

  type Settings = Parameters<typeof simulateProtocols>[0]['settings'];
  const simulate = (changes: Partial<Settings>): Promise<void> =>
    simulateProtocols({
      ...{ config: FAST, topology: open, protocols: ['plumtree'] },
      settings: { scxs: 4, sources: 1, runs: 1, adus: 0, seed: 1, ...changes } as Settings,
    });

  test('says what it cannot compare', async () => {
    await expect(simulate({ faults: { kind: 'flapping' } })).rejects.toThrow('flapping cannot be');
    await expect(simulate({ until: 60 })).rejects.toThrow('it must be more than 60');
    await expect(simulate({ record: 'run.jsonl' })).rejects.toThrow('leave --protocol out');
  });
});

test('A comparison is printed with a column for each protocol', () => {
  const report = compare({
    ...{ protocol: 'plumtree', seed: 1, scxs: 4, sources: 1, config: FAST, adusPerSecond: 1 },
    ...{ topology: open(1, 4), fault: { kind: 'crash', share: 0.3 } },
    ...{ settleMs: 20_000, watchMs: 20_000 },
  });
  const text = protocolsText([report, { ...report, protocol: 'gossamer', settledMs: null }]);
  expect(text).toMatch(/^means of 1 runs, seeds 1 +plumtree +gossamer$/m);
  expect(text).toMatch(/^frames received after the deaths, % +100\.00 +100\.00$/m);
  expect(text).toMatch(/^settled after, s +\d+ +-$/m);
});
