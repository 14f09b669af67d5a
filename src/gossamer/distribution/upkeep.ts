/**
 * The maintenance of flows: answers that do not come, parents that fall silent, holes that are not
 * filled, children that are owed the rest, sources that have ended. None of these causes an input,
 * so flows are examined when something has changed, and when something is awaited in vain.
 *
 * §3.8 builds the tree from the routing table alone. Beyond: while the next hop that routing chose
 * does not deliver, others that routing holds in reserve are asked.
 */
import type { ClockedContext } from '../core/context.js';
import type { NodeId } from '../core/node.js';
import type { AudienceReports } from './audience-reports.js';
import type { Children } from './children.js';
import type { Flow } from './flow.js';
import type { KnownSource, KnownSources } from './known-sources.js';
import type { OptionalChannels } from './optional-channels.js';
import type { Progress } from './stream/stream.js';

/** Minimum interval between maintenance passes, ms. Guess. */
const UPKEEP_INTERVAL_MS = 100;

export interface UpkeepOptions {
  readonly context: ClockedContext;
  readonly sources: KnownSources;
  readonly children: Children;
  readonly audience: AudienceReports;
  readonly optional: Pick<OptionalChannels, 'maintain' | 'maintainAt'>;
  /** A next hop in reserve: see next-hop.ts. */
  reserve(scx: NodeId, avoided: ReadonlySet<NodeId>): NodeId | undefined;
  /** No upstream delivers that source, and no neighbour is left to ask. */
  onUnserved(scx: NodeId, now: number): void;
  onProgress(flow: Flow, progress: Progress): void;
  /** The flow's upstreams may have broken their promise. */
  onBroken(flow: Flow, now: number): void;
}

export interface Upkeep {
  /** Something is to be done at that instant. */
  by(instant: number, now: number): void;
  /** Something has changed. */
  soon(now: number): void;
  /** Something urgent has changed: the minimum interval does not apply. */
  atOnce(now: number): void;
  /** At that instant lost ADUs are to be asked for again. */
  repairBy(instant: number): void;
  tick(now: number): void;
  deadline(): number;
}

/** Creates the maintenance of one source: of each of its flows, and the search for upstreams. */
function createSourceUpkeep(options: UpkeepOptions) {
  const { sources, reserve, onProgress, onBroken, onUnserved } = options;
  /** The witnesses that were asked in this turn. */
  const witnesses = new WeakMap<Flow, Set<NodeId>>();

  /** Routing's choice, then the reserves; undefined: all have been asked. */
  const nextUpstream = (
    flow: Flow,
    { scx, nextHop }: KnownSource,
    now: number,
  ): NodeId | undefined => {
    const asked = flow.asked(now);
    const isFresh = nextHop !== undefined && !asked.has(nextHop);
    return isFresh ? nextHop : reserve(scx, asked);
  };

  /** Each neighbour in turn, but for the parent. */
  const askWitness = (flow: Flow, { scx }: KnownSource, now: number): void => {
    const asked = witnesses.get(flow) ?? new Set();
    const parent = flow.parent();
    const passedOver = parent === undefined ? asked : new Set([...asked, parent]);
    const next = reserve(scx, passedOver);
    witnesses.set(flow, next === undefined ? new Set() : asked.add(next));
    flow.askWitness(next, now);
  };

  const lookForUpstream = (flow: Flow, entry: KnownSource, now: number): void => {
    if (flow.isUnserved(now)) onUnserved(entry.scx, now);
    if (flow.needsParent(now)) {
      flow.wantParent(nextUpstream(flow, entry, now) ?? entry.nextHop, now);
    } else if (flow.needsRetry(now)) {
      flow.wantParent(entry.nextHop, now);
    } else if (flow.needsReserve(now)) {
      const upstream = nextUpstream(flow, entry, now);
      if (upstream !== undefined) flow.askReserve(upstream, now);
    } else if (flow.needsWitness(now)) askWitness(flow, entry, now);
  };

  return (entry: KnownSource, now: number): void => {
    const wantsParent = sources.wantsParent(entry);
    for (const flow of entry.flows) {
      onProgress(flow, flow.maintain(now));
      onBroken(flow, now);
      if (wantsParent) lookForUpstream(flow, entry, now);
    }
    if (now >= sources.lingersUntil(entry)) sources.forget(entry);
  };
}

/** Creates the maintenance of all flows; none is due. */
export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { context, sources, children, audience, optional } = options;
  const { known, flows } = sources;
  const maintainSource = createSourceUpkeep(options);
  /** The next pass; there may be nothing to do at it, if what was awaited has come. */
  let nextPass = Number.POSITIVE_INFINITY;
  let lastPass = Number.NEGATIVE_INFINITY;
  let nextRepair = Number.POSITIVE_INFINITY;

  const by = (instant: number, now: number): void => {
    nextPass = Math.min(nextPass, Math.max(now, instant, lastPass + UPKEEP_INTERVAL_MS));
    context.wakeBy(nextPass);
  };

  const soon = (now: number): void => {
    if (known.size > 0) by(now, now);
  };

  const repairBy = (instant: number): void => {
    nextRepair = Math.min(nextRepair, instant);
    if (nextRepair < Number.POSITIVE_INFINITY) context.wakeBy(nextRepair);
  };

  const askRepairs = (now: number): void => {
    nextRepair = Number.POSITIVE_INFINITY;
    for (const flow of flows.values()) {
      flow.askRepairs(now);
      repairBy(flow.repairsAt());
    }
  };

  const maintainAt = (): number => {
    let earliest = optional.maintainAt();
    for (const entry of known.values()) {
      const wantsParent = sources.wantsParent(entry);
      earliest = Math.min(earliest, sources.lingersUntil(entry));
      for (const flow of entry.flows) {
        const below = Math.min(children.maintainAt(flow), audience.maintainAt(flow));
        earliest = Math.min(earliest, flow.maintainAt(wantsParent), below);
      }
    }
    return earliest;
  };

  const maintainAll = (now: number): void => {
    optional.maintain(now);
    for (const entry of [...known.values()]) maintainSource(entry, now);
    for (const flow of flows.values()) {
      children.maintain(flow, now);
      audience.maintain(flow, now);
    }
    lastPass = now;
    nextPass = Number.POSITIVE_INFINITY;
    by(maintainAt(), now);
  };

  return {
    by,
    soon,
    atOnce: (now) => {
      lastPass = Number.NEGATIVE_INFINITY;
      soon(now);
    },
    repairBy,
    tick: (now) => {
      if (nextRepair <= now) askRepairs(now);
      if (nextPass <= now) maintainAll(now);
    },
    deadline() {
      return Math.min(nextPass, nextRepair);
    },
  };
}
