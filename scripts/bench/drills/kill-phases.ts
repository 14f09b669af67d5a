/**
 * Where the time goes between the death of an SCX and the first frame that its player hears again, read
 * from the logs of its front end and of its successor. The logs have whole milliseconds; they must be on
 * the level `debug`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../../test/e2e/support/stage.js';
import { quantile } from '../machine/quantile.js';

interface Line {
  readonly time: number;
  readonly msg?: string;
  readonly event?: { readonly kind: string };
}

/** The end of each phase, in order. */
const ENDS: Readonly<Record<string, (line: Line) => boolean>> = {
  'the front end notices': ({ msg }) => msg === 'an SCX ended',
  'a spare has the launch': ({ msg }) => msg === 'launched an SCX',
  'its SCX has opened its ports': ({ msg }) => msg === 'SCX is up.',
  'it has an edge': ({ event }) => event?.kind === 'edgeUp',
  'a neighbour answers its subscription': ({ event }) => event?.kind === 'parentChanged',
};

const LAST = 'the player hears';

/** How long each phase took, ms; NaN: its end is not in the logs. */
export type Phases = Readonly<Record<string, number>>;

function linesOf({ dataDir, process }: Cluster): readonly Line[] {
  const folder = join(dataDir, 'logs');
  const logs = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const texts = [process.stderr(), ...logs];
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Line);
}

/** The phases of one kill; the instants in ms since 1970. */
export function phasesOf(cluster: Cluster, killedAt: number, heardAt: number): Phases {
  const lines = linesOf(cluster).filter(({ time }) => time >= Math.floor(killedAt));
  const ends = Object.entries(ENDS).map(([name, isEnd]) => {
    const times = lines.filter(isEnd).map(({ time }) => time);
    return [name, times.length === 0 ? Number.NaN : Math.min(...times)] as const;
  });
  let before = killedAt;
  const durations = [...ends, [LAST, heardAt] as const].map(([name, at]) => {
    const ms = Math.max(0, at - before);
    if (!Number.isNaN(at)) before = Math.max(before, at);
    return [name, ms] as const;
  });
  return Object.fromEntries(durations);
}

/** The median of each phase, for people. */
export function tellPhases(all: readonly Phases[]): string {
  const [first = {}] = all;
  const medians = Object.keys(first).map((name) => {
    const known = all.map((phases) => phases[name] ?? Number.NaN).filter((ms) => !Number.isNaN(ms));
    return `${name} ${quantile(known, 0.5).toFixed()} ms`;
  });
  return medians.join(', ');
}
