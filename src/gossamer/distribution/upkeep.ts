/**
 * Flows are looked after: answers that do not come, parents that fall silent, holes that nobody fills,
 * children that are owed the rest, sources that have ended. None of these makes itself heard, so a look is
 * taken when something has changed, and when something is waited for in vain.
 *
 * §3.8 builds the tree from the routing table alone. Beyond: while the next hop that routing chose does not
 * deliver, others are asked that it holds in reserve.
 */

import type { ClockedContext } from '../core/context.js';
import type { NodeId } from '../core/node.js';
import type { Audience } from './audience-reports.js';
import type { Children } from './children.js';
import type { Flow } from './flow.js';
import type { KnownSource, Sources } from './known-sources.js';
import type { Progress } from './stream.js';

/** Flows are looked after at most so often, ms. Guess. */
const CARE_MS = 100;

export interface CareFacts {
  /** A next hop in reserve, see routing.ts. */
  alternate(scx: NodeId, avoided: ReadonlySet<NodeId>): NodeId | undefined;
  onProgress(flow: Flow, progress: Progress): void;
}

export interface Care {
  /** Something is to be done at that instant. */
  by(instant: number, now: number): void;
  /** Something has changed. */
  soon(now: number): void;
  /** Listeners wait. */
  atOnce(now: number): void;
  /** At that instant something that was lost on the way is to be asked for again. */
  repairBy(instant: number): void;
  tick(now: number): void;
  readonly deadline: number;
}

/** Of flows that wait for nothing. */
export function createCare(
  context: ClockedContext,
  sources: Sources,
  children: Children,
  audience: Audience,
  facts: CareFacts,
): Care {
  const { known, flows } = sources;
  /** Nothing is to be done before: at it perhaps neither, when what was waited for has come. */
  let nextCare = Number.POSITIVE_INFINITY;
  let caredAt = Number.NEGATIVE_INFINITY;
  let nextRepair = Number.POSITIVE_INFINITY;

  const by = (instant: number, now: number): void => {
    nextCare = Math.min(nextCare, Math.max(now, instant, caredAt + CARE_MS));
    context.wakeBy(nextCare);
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
      repairBy(flow.repairsAt);
    }
  };

  /** Whom to ask next: routing's choice, then those in reserve; undefined: all have been asked. */
  const nextUpstream = (flow: Flow, { scx, nextHop }: KnownSource): NodeId | undefined => {
    const { asked } = flow;
    const isFresh = nextHop !== undefined && !asked.has(nextHop);
    return isFresh ? nextHop : facts.alternate(scx, asked);
  };

  const lookForUpstream = (flow: Flow, entry: KnownSource, now: number): void => {
    if (flow.needsParent(now)) {
      flow.wantParent(nextUpstream(flow, entry) ?? entry.nextHop, now);
    } else if (flow.needsReserve(now)) {
      const reserve = nextUpstream(flow, entry);
      if (reserve !== undefined) flow.askReserve(reserve, now);
    }
  };

  const careForSource = (entry: KnownSource, now: number): void => {
    const wantsParent = sources.wantsParent(entry);
    for (const flow of entry.flows) {
      facts.onProgress(flow, flow.care(now));
      if (wantsParent) lookForUpstream(flow, entry, now);
    }
    if (now >= sources.lingersUntil(entry)) sources.forget(entry);
  };

  const careAt = (): number => {
    let earliest = Number.POSITIVE_INFINITY;
    for (const entry of known.values()) {
      const wantsParent = sources.wantsParent(entry);
      earliest = Math.min(earliest, sources.lingersUntil(entry));
      for (const flow of entry.flows) {
        const below = Math.min(children.careAt(flow), audience.careAt(flow));
        earliest = Math.min(earliest, flow.careAt(wantsParent), below);
      }
    }
    return earliest;
  };

  const careForAll = (now: number): void => {
    for (const entry of [...known.values()]) careForSource(entry, now);
    for (const flow of flows.values()) {
      children.care(flow, now);
      audience.care(flow, now);
    }
    caredAt = now;
    nextCare = Number.POSITIVE_INFINITY;
    by(careAt(), now);
  };

  return {
    by,
    soon,
    atOnce: (now) => {
      caredAt = Number.NEGATIVE_INFINITY;
      soon(now);
    },
    repairBy,
    tick: (now) => {
      if (nextRepair <= now) askRepairs(now);
      if (nextCare <= now) careForAll(now);
    },
    get deadline() {
      return Math.min(nextCare, nextRepair);
    },
  };
}
