/**
 * Many senders of a few packets each over one shared tree (gossamer/shared/), in a session whose links
 * lose packets: what reaches everybody, what is asked for again, and what each SCX keeps.
 */
import { FAST } from '../../gossamer/core/config.js';
import type { Effect } from '../../gossamer/core/effects.js';
import type { Adu, NodeId, SourceId } from '../../gossamer/core/node.js';
import { createGossamer } from '../../gossamer/gossamer.js';
import { type WithSharedTrees, withSharedTrees } from '../../gossamer/shared/shared-trees.js';
import { isTreeMessage } from '../../gossamer/shared/tree-messages.js';
import { createRng, type Rng } from '../../lib/rng.js';
import { drawSession, JOIN_WITHIN_MS } from '../experiment/drawn-session.js';
import { measureDistances } from '../topology/distances.js';
import type { Topology } from '../topology/topology.js';
import { createWorld, type World } from '../world/world.js';

export interface SharedRunOptions {
  readonly topology: Topology;
  readonly seed: number;
  readonly scxs: number;
  /** Senders in all, spread over the SCXs. */
  readonly senders: number;
  readonly packetsPerSender: number;
  /** All packets are sent at random instants in this time, after the session has settled, ms. */
  readonly sendingMs: number;
  /** Share of packets, heads and NACKs that are lost on each link, 0..1. */
  readonly lossRate: number;
  /** SCXs that crash while packets are sent; neither the root's nor the first. */
  readonly crashes?: number;
}

export interface SharedReport {
  /** Deliveries that were due at the SCXs that lived to the end, those that came, and second ones. */
  readonly due: number;
  readonly delivered: number;
  readonly repeated: number;
  readonly sent: { readonly packets: number; readonly heads: number; readonly nacks: number };
  /** Lost packets and repairs, lost heads, and lost NACKs. */
  readonly lost: { readonly packets: number; readonly heads: number; readonly nacks: number };
  /** What one SCX keeps at most: packets, and ends of links; and sources that it knows. */
  readonly packetsKept: number;
  readonly linksKept: number;
  readonly sourcesKnown: number;
}

const SETTLE_MS = 15_000;

/** The last packets are under way, and repaired, for this time, ms. */
const REPAIR_MS = 8000;

const noCounts = () => ({ packets: 0, heads: 0, nacks: 0 });
type Counts = ReturnType<typeof noCounts>;

const KINDS: Readonly<Record<string, keyof Counts>> = {
  treePacket: 'packets',
  treeHead: 'heads',
  treeNack: 'nacks',
};

/** Loses what may be lost, and counts. */
function createLossyLinks(rng: Rng, lossRate: number) {
  const [sent, lost] = [noCounts(), noCounts()];
  const passes = (effect: Effect): boolean => {
    if (effect.kind !== 'send' || !isTreeMessage(effect.message)) return true;
    const kind = KINDS[(effect.message as { readonly kind: string }).kind];
    if (kind === undefined) return true;
    sent[kind]++;
    if (rng.unit() >= lossRate) return true;
    lost[kind]++;
    return false;
  };
  return { sent, lost, passes };
}

/** The packets that were published, and where each has come. */
function createReceipts() {
  /** By packet: the SCXs to which it was delivered. */
  const receipts = new Map<string, Set<number>>();
  let repeated = 0;
  const keyOf = ({ source, sequence }: Adu): string => `${source}/${sequence}`;
  return {
    onPublished: (adu: Adu) => void receipts.set(keyOf(adu), new Set()),
    onDeliver: (scx: number, adu: Adu): void => {
      const scxs = receipts.get(keyOf(adu));
      if (scxs?.has(scx) === true) repeated++;
      scxs?.add(scx);
    },
    repeated: () => repeated,
    count: (scxs: readonly number[]) => {
      let delivered = 0;
      for (const each of receipts.values()) for (const scx of scxs) if (each.has(scx)) delivered++;
      return { due: receipts.size * scxs.length, delivered };
    },
  };
}

type Receipts = ReturnType<typeof createReceipts>;

/** Lets each sender publish its packets at random instants. */
function schedule(world: World, options: SharedRunOptions, root: NodeId, receipts: Receipts): void {
  const rng = world.rng.fork('senders');
  for (let sender = 0; sender < options.senders; sender++) {
    const source = (0xb000 + sender).toString(16).padStart(16, '0') as SourceId;
    const scx = world.scxs[sender % options.scxs];
    for (let sequence = 0; sequence < options.packetsPerSender; sequence++) {
      world.at(world.now() + rng.unit() * options.sendingMs, () => {
        if (scx?.isUp !== true) return;
        const payload = new Uint8Array(0);
        const adu = { source, channel: 1, sequence, timestampMs: world.now(), payload, root };
        receipts.onPublished(adu);
        scx.feed({ kind: 'publish', adu });
      });
    }
  }
}

/** Lets SCXs crash, one after the other. */
function scheduleCrashes(world: World, options: SharedRunOptions, source: number): void {
  const { crashes = 0, sendingMs, scxs } = options;
  const others = Array.from({ length: scxs }, (_, scx) => scx).filter(
    (scx) => scx !== 0 && scx !== source,
  );
  for (const [index, scx] of world.rng.fork('crashes').sample(others, crashes).entries()) {
    const instant = world.now() + (sendingMs * (index + 1)) / (crashes + 1);
    world.at(instant, () => world.crash(world.scxs[scx] as (typeof world.scxs)[number]));
  }
}

/** Plays a session and reports it. */
export function runShared(options: SharedRunOptions): SharedReport {
  const { topology, seed, scxs, lossRate, sendingMs } = options;
  const rng = createRng(seed);
  const drawing = { topology, seed, scxs, sources: 1, config: FAST, joinWithinMs: JOIN_WITHIN_MS };
  const drawn = drawSession(drawing, rng);
  const source = drawn.sources[0] as number;
  const links = createLossyLinks(rng.fork('losses'), lossRate);
  const receipts = createReceipts();
  const machines: WithSharedTrees[] = [];
  const world = createWorld({
    ...{ seed, config: FAST, delayMs: measureDistances(topology, drawn.places).delayMs },
    observers: [{ onDeliver: ({ index }, adu) => receipts.onDeliver(index, adu) }],
    createScx: (own) => {
      const machine = withSharedTrees(createGossamer(own), own.rng.fork('trees'));
      machines.push(machine);
      return {
        ...machine,
        handle: (input, now) => machine.handle(input, now).filter(links.passes),
        tick: (now) => machine.tick(now).filter(links.passes),
      };
    },
  });
  for (const [index, instant] of drawn.joinInstantsMs.entries()) {
    world.at(instant, () => {
      const scx = world.add();
      if (index === source) world.announce(scx);
    });
  }
  world.runUntil(SETTLE_MS);
  const root = world.scxs[source]?.gossamer.self().id as NodeId;
  schedule(world, options, root, receipts);
  scheduleCrashes(world, options, source);
  world.runUntil(SETTLE_MS + sendingMs + REPAIR_MS);
  const kept = machines.map((machine) => machine.kept());
  return {
    ...receipts.count(world.live().map(({ index }) => index)),
    repeated: receipts.repeated(),
    ...{ sent: links.sent, lost: links.lost },
    packetsKept: Math.max(...kept.map(({ packets }) => packets)),
    linksKept: Math.max(...kept.map((each) => each.links)),
    sourcesKnown: Math.max(...world.live().map(({ gossamer }) => gossamer.view().sources.length)),
  };
}
