/**
 * Five clusters for an hour: listeners come and go, SCXs and front ends are killed or hang. Prints
 * what listeners at living SCXs missed, which must be nothing, and how memory and open files grew,
 * after a warm-up, in those processes that lived from the beginning to the end.
 */
import { type Benchmark, numberOf, type Row, round } from './benchmark.js';
import type { Course } from './soak/resource-log.js';
import { type SoakOutcome, soak } from './soak/soak.js';

/** `first`: when the warm-up was over. */
const courseRow = (what: string, { first, last, perMinute }: Course): Row => ({
  what,
  first: round(first, 0),
  last: round(last, 0),
  'per minute': round(perMinute, 2),
});

function rowsOf({ heard, faults, growth }: SoakOutcome): Row[] {
  const row = (what: string, last: number): Row => ({ what, first: '', last, 'per minute': '' });
  return [
    row('faults', faults),
    row('frames checked', heard.frames),
    row('frames missed', heard.missed),
    row('frames repeated', heard.repeated),
    row('foreign bytes', heard.foreign),
    row('sockets closed', heard.closed),
    row('requests refused', heard.refused),
    row('longest wait for a frame, s', round(heard.waitMs / 1000, 2)),
    row('longest silence of a player, s', round(heard.silentMs / 1000, 2)),
    ...growth.flatMap(({ name, memoryKb, files }) => [
      courseRow(`${name}: memory, kB`, memoryKb),
      courseRow(`${name}: open files`, files),
    ]),
  ];
}

export const flags: Benchmark['flags'] = {
  minutes: { standard: '60', help: 'duration, min' },
  listeners: { standard: '2000', help: 'over all clusters' },
  stay: { standard: '120', help: 'average stay of a listener, s' },
  trouble: { standard: '15', help: 'average interval between two faults, s' },
  seed: { standard: '1', help: 'of the departures and the faults' },
};

export const run: Benchmark['run'] = async (given) => {
  const startedAt = performance.now();
  const tell = (what: string): void =>
    console.error(`${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${what}`);
  const outcome = await soak({
    minutes: numberOf(given, 'minutes'),
    listeners: numberOf(given, 'listeners'),
    stayS: numberOf(given, 'stay'),
    troubleS: numberOf(given, 'trouble'),
    seed: numberOf(given, 'seed'),
    tell,
  });
  return rowsOf(outcome);
};
