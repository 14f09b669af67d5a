/**
 * What listeners notice when the server upstream of theirs dies and comes back: at Icecast's
 * relays, and at our clusters, with the same numbered broadcast and the same listeners, one after
 * the other.
 *
 * The processes that compare are those that the source is attached to: Icecast's master, and the
 * source's SCX. A master comes back when an operator starts it, here after some seconds; an SCX,
 * when its cluster has noticed that it is gone. In both cases the source connects again by itself,
 * and sends what it has kept. Listeners connect again half a second after each failure.
 */

import { EXIT, UserError } from '../../src/lib/user-error.js';
import { type Benchmark, type Flags, numberOf, type Row, round, wordsOf } from './benchmark.js';
import { FRAME_MS } from './players/numbered-audio.js';
import { findIcecast } from './rivals/icecast-server.js';
import { openIcecastTree } from './side-by-side/icecast.js';
import {
  openBetween,
  openNextCluster,
  openSourceCluster,
  openSourceScx,
} from './side-by-side/scattercast.js';
import { type DrillOptions, drill, type Outcome, type Scene } from './side-by-side/scene.js';

interface Case {
  readonly server: string;
  readonly killed: string;
  open(options: DrillOptions): Promise<Scene>;
}

/** Debian's icecast.xml. */
const PACKAGED_UPDATE_S = 120;
/** The shortest that Icecast takes. */
const FASTEST_UPDATE_S = 1;

const icecast = (updateS: number, isBetween: boolean): Case => ({
  server: `Icecast, relays look every ${updateS} s`,
  killed: isBetween ? 'a relay of relays' : 'the master',
  open: ({ listeners }) => openIcecastTree({ listeners, updateS, isBetween }),
});

const scattercast = (killed: string, open: Case['open']): Case => ({
  server: 'Scattercast',
  killed,
  open,
});

const CASES: Readonly<Record<string, Case>> = {
  icecast: icecast(PACKAGED_UPDATE_S, false),
  'icecast-tuned': icecast(FASTEST_UPDATE_S, false),
  'icecast-between': icecast(FASTEST_UPDATE_S, true),
  'source-scx': scattercast("the source's SCX", openSourceScx),
  'source-cluster': scattercast("the source's whole cluster", openSourceCluster),
  'next-cluster': scattercast('the same; the broadcaster knows another', openNextCluster),
  between: scattercast('an SCX that feeds theirs', openBetween),
};

function caseOf(name: string): Case {
  const found = CASES[name];
  if (found !== undefined) return found;
  const known = Object.keys(CASES).join(', ');
  throw new UserError(EXIT.usage, `no case is called "${name}"; there are: ${known}`);
}

const seconds = (ms: number): number => round(ms / 1000, 2);

function row({ server, killed }: Case, { noticed, usualWaitMs, backMs }: Outcome): Row {
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const worst = (values: readonly number[]): number => Math.max(...values);
  const missed = noticed.map((one) => one.missed);
  return {
    server,
    killed,
    listeners: noticed.length,
    'sockets closed': sum(noticed.map(({ closed }) => closed)),
    'requests refused': sum(noticed.map(({ refused }) => refused)),
    'usual wait s': seconds(usualWaitMs),
    'longest wait s': seconds(worst(noticed.map(({ waitMs }) => waitMs))),
    'silence s': seconds(worst(noticed.map(({ silentMs }) => silentMs))),
    'frames missed': sum(missed),
    'audio missing s': seconds(worst(missed) * FRAME_MS),
    'audio repeated s': seconds(worst(noticed.map(({ repeated }) => repeated)) * FRAME_MS),
    'all hear again after s': seconds(backMs),
  };
}

async function measure(one: Case, options: DrillOptions): Promise<Row> {
  const scene = await one.open(options);
  try {
    return row(one, await drill(scene, options));
  } finally {
    await scene.close();
  }
}

export const flags: Benchmark['flags'] = {
  listeners: { standard: '20', help: 'at each of three sites' },
  down: { standard: '5', help: 'until the killed process is started again by hand, s' },
  cases: { standard: Object.keys(CASES).join(','), help: 'which are played' },
};

export const run: Benchmark['run'] = async (given: Flags) => {
  const names = wordsOf(given, 'cases');
  const cases = names.map(caseOf);
  if (names.some((name) => name.startsWith('icecast'))) findIcecast('--cases');
  const options = { listeners: numberOf(given, 'listeners'), downS: numberOf(given, 'down') };
  const rows: Row[] = [];
  for (const one of cases) rows.push(await measure(one, options));
  return rows;
};
