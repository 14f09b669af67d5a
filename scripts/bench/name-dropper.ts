/**
 * Which rule of discovery explains figure 6 of the paper (§5.2)? An abstract Name Dropper (§3.3) without
 * delays: SCXs join within five seconds and exchange random lists, by rules that the paper's text
 * allows or that fit its numbers. docs/paper.md says what comes out.
 */
import { createRng, type Rng } from '../../src/lib/rng.js';
import { statisticsOf } from '../../src/simulator/metrics/statistics.js';
import { type Benchmark, numberOf, type Row, round } from './benchmark.js';

export const flags: Benchmark['flags'] = {
  draws: { standard: '20', help: 'draws of each rule' },
  scxs: { standard: '100', help: 'SCXs that join within 5 s' },
  list: { standard: '30', help: 'members in one list' },
};

const JOIN_S = 5;
const PROBE_S = 5;
const LAST_S = 300;

interface Rule {
  readonly name: string;
  /** The wait for the next round, s, by the time of the session, s. */
  readonly roundS: (now: number) => number;
  /** Exchanges in a round. */
  readonly exchanges?: number;
  /** Whether one exchanges with the rendezvous point as one joins. */
  readonly atOnce?: boolean;
  /** Members that a STATUS names; undefined: probes teach nothing, not even their sender. */
  readonly status?: number;
}

const constant = (seconds: number) => () => seconds;
const slowing = (first: number, until: number, then: number) => (now: number) =>
  now < until ? first : then;

const RULES: readonly Rule[] = [
  { name: 'one exchange each 5 s', roundS: constant(5) },
  { name: 'and one at once with the rendezvous point', roundS: constant(5), atOnce: true },
  { name: 'and being probed teaches (paper)', roundS: constant(5), atOnce: true, status: 0 },
  { name: 'and STATUS names 7', roundS: constant(5), atOnce: true, status: 7 },
  { name: 'and STATUS names 30', roundS: constant(5), atOnce: true, status: 30 },
  { name: 'two exchanges each 5 s', roundS: constant(5), atOnce: true, exchanges: 2 },
  { name: 'one each 2.5 s', roundS: constant(2.5), atOnce: true },
  { name: 'three exchanges each 5 s', roundS: constant(5), atOnce: true, exchanges: 3 },
  { name: 'each 1 s until 10 s, then 8 s', roundS: slowing(1, 10, 8), atOnce: true },
  { name: 'each 2 s until 20 s, then 10 s', roundS: slowing(2, 20, 10), atOnce: true },
];

/** One SCX, and when it knew 90% and all of the others, s. */
interface Node {
  readonly joinsAt: number;
  readonly known: Set<number>;
  nextRound: number;
  nextProbe: number;
  mostAt: number;
  allAt: number;
}

function drawNodes(rule: Rule, scxs: number, rng: Rng): Node[] {
  return Array.from({ length: scxs }, (_, index) => {
    const joinsAt = index === 0 ? 0 : rng.unit() * JOIN_S;
    return {
      ...{ joinsAt, known: new Set(index === 0 ? [] : [0]) },
      nextRound: joinsAt + (rule.atOnce === true ? 0 : rng.unit() * rule.roundS(joinsAt)),
      nextProbe: rule.status === undefined ? LAST_S : joinsAt + rng.unit() * PROBE_S,
      ...{ mostAt: LAST_S, allAt: LAST_S },
    };
  });
}

/** Plays a session; returns its SCXs. */
function play(rule: Rule, scxs: number, list: number, rng: Rng): Node[] {
  const nodes = drawNodes(rule, scxs, rng);
  const jittered = (seconds: number): number => seconds * (0.9 + 0.2 * rng.unit());
  const learn = (index: number, told: readonly number[], now: number): void => {
    const node = nodes[index] as Node;
    for (const other of told) if (other !== index) node.known.add(other);
    if (node.known.size >= 0.9 * (scxs - 1)) node.mostAt = Math.min(node.mostAt, now);
    if (node.known.size === scxs - 1) node.allAt = Math.min(node.allAt, now);
  };
  const listOf = (index: number, most: number): number[] =>
    rng.sample([...(nodes[index] as Node).known], most);
  const partner = (index: number): number | undefined => rng.pick(listOf(index, scxs));
  const exchange = (index: number, now: number): void => {
    const other = partner(index);
    if (other === undefined) return;
    const [ours, theirs] = [listOf(index, list), listOf(other, list)];
    learn(other, [...ours, index], now);
    learn(index, [...theirs, other], now);
  };
  const probe = (index: number, now: number): void => {
    const other = partner(index);
    if (other === undefined) return;
    learn(other, [index], now);
    learn(index, listOf(other, rule.status ?? 0), now);
  };
  for (;;) {
    const dueAt = (node: Node): number => Math.min(node.nextRound, node.nextProbe);
    let index = 0;
    for (const [at, node] of nodes.entries())
      if (dueAt(node) < dueAt(nodes[index] as Node)) index = at;
    const node = nodes[index] as Node;
    const now = dueAt(node);
    if (now >= LAST_S || nodes.every(({ allAt }) => allAt < LAST_S)) return nodes;
    if (now === node.nextProbe) {
      probe(index, now);
      node.nextProbe = now + jittered(PROBE_S);
    } else {
      for (let count = 0; count < (rule.exchanges ?? 1); count++) exchange(index, now);
      node.nextRound = now + jittered(rule.roundS(now));
    }
  }
}

export async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const [draws, scxs, list] = ['draws', 'scxs', 'list'].map((name) => numberOf(given, name)) as [
    number,
    number,
    number,
  ];
  return RULES.map((rule) => {
    const sessions = Array.from({ length: draws }, (_, seed) =>
      play(rule, scxs, list, createRng(seed)),
    );
    const mean = (of: (nodes: Node[]) => number): number =>
      round(statisticsOf(sessions.map(of)).mean);
    const share = (nodes: Node[], isSo: (node: Node) => boolean): number =>
      (100 * nodes.filter(isSo).length) / scxs;
    return {
      rule: rule.name,
      '90% by 20 s, % of SCXs': mean((nodes) => share(nodes, ({ mostAt }) => mostAt <= 20)),
      'all know 90%, s': mean((nodes) => Math.max(...nodes.map(({ mostAt }) => mostAt))),
      'all by 60 s, %': mean((nodes) => share(nodes, ({ allAt }) => allAt <= 60)),
      'the last, s': mean((nodes) => Math.max(...nodes.map(({ allAt }) => allAt))),
    };
  });
}
