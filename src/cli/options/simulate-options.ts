/**
 * Options of the commands that simulate sessions: `simulate` plays one session as the flags say,
 * `figures` plays those of the paper's figures.
 */
import { defaulting, type Option, optional, type Settings, type Table } from './option.js';
import { amount, duration, off, optionalText, profile, seed } from './shared-options.js';
import { degree, faults, protocols } from './simulate-values.js';
import { probability, secondsUpTo, text, whole } from './values.js';

const DAY_S = 86_400;

/** A mean number of routers, nodes or domains of a transit-stub topology. */
const transitStub = (min: number, max: number, use: number, what: string): Option<number> =>
  amount(whole(min, max), use, `transit-stub: ${what}`);

/** A probability of links in a transit-stub topology. */
const density = (use: number, what: string): Option<number> =>
  amount(probability, use, `transit-stub: probability that two ${what} are linked, 0 to 1`, 'P');

export const simulateOptions = {
  topology: defaulting(text, 'transit-stub', {
    placeholder: 'SPEC',
    help:
      'transit-stub (a random one for each run, with as many nodes as --scxs needs), gtitm:FILE ' +
      '(a graph of GT-ITM) or rtt:FILE (a matrix of round trips); the file may be gzipped',
  }),
  scxs: amount(whole(1, 10_000), 100, 'number of SCXs in the session'),
  sources: amount(whole(1, 64), 1, 'number of SCXs that have a source'),
  degree: defaulting(degree, '3,4', {
    placeholder: 'K1,K2',
    help: 'number of mesh edges that an SCX adds, and that it accepts',
  }),
  profile,
  seed: seed('runs'),
  runs: amount(whole(1, 1000), 1, 'number of runs to summarise'),
  until: optional(secondsUpTo(DAY_S), {
    placeholder: 'SECONDS',
    help: 'simulated time of each run (default: 600; with --faults as long as they need; with --protocol 180)',
  }),
  faults: optional(faults, {
    placeholder: 'SCENARIO',
    help:
      'the faults that hit the session once it has settled, while a source sends MP3 frames: ' +
      'crash:30% (processes die), vanish:30% (machines disappear), churn:1/s, partition:60s, ' +
      'loss:5%, flapping, liars:30% (SCXs that lie; liars:30%,late: all in this manner)',
  }),
  protocol: optional(protocols, {
    placeholder: 'LIST',
    help:
      'compares protocols on the same draws: all, or some of gossamer,plumtree,narada,nice. In the last ' +
      'minute 10% of the SCXs die at once, or as --faults crash:N% or vanish:N% says',
  }),
  joinWithin: duration(
    secondsUpTo(DAY_S),
    5,
    'the time within which all SCXs join (with --faults and --protocol always 5)',
  ),
  adus: amount(
    whole(0, 1000),
    0,
    'ADUs that each source publishes per second; MP3 has 38 (with --faults always as many, with ' +
      '--protocol 10 instead of 0)',
  ),
  transitDomains: transitStub(1, 100, 2, 'number of transit domains'),
  transitNodes: transitStub(1, 1000, 4, 'mean number of routers in a transit domain'),
  stubs: transitStub(0, 100, 4, 'mean number of stub domains at a router'),
  stubNodes: transitStub(1, 1000, 31, 'mean number of nodes in a stub domain'),
  domainDensity: density(1, 'transit domains'),
  transitDensity: density(0.6, 'routers of a transit domain'),
  stubDensity: density(0.15, 'nodes of a stub domain'),
  record: optionalText(
    'FILE',
    'the file to which the first run is recorded, for the page /overlay of any cluster',
  ),
  trace: optionalText(
    'FILE',
    'the file to which each message, delivery and event of the first run is written, as lines of JSON',
  ),
  json: off('print the settings and all results as JSON'),
} satisfies Table;

/** The values of these options. */
export type SimulateSettings = Settings<typeof simulateOptions>;

export const figuresOptions = {
  out: defaulting(text, 'figures', {
    placeholder: 'DIR',
    help: 'the directory for index.html, the pictures and the data',
  }),
  draws: amount(
    whole(1, 1000),
    25,
    'number of runs of each session; four times as many of figure 9, and 30 % beyond the paper',
  ),
  scxs: amount(
    whole(4, 250),
    100,
    'number of SCXs in the usual session; the scaling figures go from 0.1 to 3.5 times of it',
  ),
  seed: seed('draws'),
  rtts: optionalText(
    'FILE',
    "a matrix of measured round trips, gzipped or not (default: planetlab490 of this project's " +
      'tests)',
  ),
  quick: off('3 short draws, for a first look'),
  json: off('print the path of the page as JSON'),
  full: off('more session sizes, up to 10,000 SCXs, and all draws everywhere: takes hours'),
} satisfies Table;

/** The values of these options. */
export type FiguresSettings = Settings<typeof figuresOptions>;
