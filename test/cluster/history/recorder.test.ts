/** What of the SCXs' leases becomes samples. */
import { expect, test } from 'vitest';
import type { Sample } from '../../../src/api/dashboard/history-rows.js';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { startRecorder } from '../../../src/cluster/history/recorder.js';
import { NIGHT, statusOf } from '../support.js';

/** The samples of machines after one look at these SCXs. */
function machinesIn(statuses: readonly ScxStatus[]): readonly (readonly [string, number])[] {
  const samples: Sample[] = [];
  const recorder = startRecorder({
    history: {
      add: (more) => void samples.push(...more),
      note: () => undefined,
      events: async () => [],
    },
    statuses: () => statuses,
    pathOf: (session) => session,
    listenersOf: () => ({ now: 0, peak: 0, total: 0 }),
    clusters: () => [],
    countries: () => new Map(),
    lookMs: 1_000_000,
  });
  recorder.close();
  return samples.flatMap(({ kind, name, peak }) =>
    kind === 'machine' ? ([[name, peak]] as const) : [],
  );
}

test('Listeners are recorded by machine where a cluster has several, all sessions together', () => {
  const [one, two, three] = ['a', 'b', 'c'].map((digit) => statusOf(digit.repeat(32), NIGHT));
  const statuses = [
    { ...one, machine: 'hall', listeners: 3 },
    { ...two, machine: 'attic', listeners: 5 },
    { ...three, machine: 'hall', listeners: 4 },
  ] as ScxStatus[];
  expect(machinesIn(statuses)).toEqual([
    ['hall', 7],
    ['attic', 5],
  ]);
  expect(machinesIn(statuses.map(({ machine: _, ...status }) => status as ScxStatus))).toEqual([]);
});

test('No more machines are recorded than a cluster has, whatever its SCXs say', () => {
  const statuses = Array.from({ length: 1000 }, (_, number) => ({
    ...statusOf('a'.repeat(32), NIGHT),
    machine: `machine-${number}`,
  })) as ScxStatus[];
  expect(machinesIn(statuses)).toHaveLength(256);
});
