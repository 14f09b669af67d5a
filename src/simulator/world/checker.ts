/**
 * What must hold at every step of every run (Gossamer's invariants), checked from outside by
 * what the machines say and do. A violation throws at once, with the instant and the SCX.
 */

import type { GossamerConfig } from '../../gossamer/core/config.js';
import type { Effect } from '../../gossamer/core/effects.js';
import type { Adu, NodeId } from '../../gossamer/core/node.js';
import { assert } from '../../lib/assert.js';
import type { SimulatedScx } from './simulated-scx.js';
import type { Observer, World } from './world.js';

/** What the checker counted. */
interface CheckerTotals {
  delivered: number;
  missed: number;
  edgeChanges: number;
}

export interface Checker extends Observer {
  readonly totals: CheckerTotals;
  /** Throws unless all live SCXs are one mesh whose edges both ends agree on. */
  checkConnected(world: World): void;
}

/** Bounds of the wire, see wire/: what a control message may hold. */
const MESSAGE_LISTS_MAX = 256;

/** A checker for one run. */
export function createChecker(config: GossamerConfig): Checker {
  const edges = new Map<SimulatedScx, Map<NodeId, boolean>>();
  const lastDelivered = new Map<string, number>();
  const totals = { delivered: 0, missed: 0, edgeChanges: 0 };

  const where = (scx: SimulatedScx, now: number): string =>
    `at ${now.toFixed(1)} ms, SCX ${scx.index}`;

  const checkDegree = (scx: SimulatedScx, now: number): void => {
    const kinds = [...(edges.get(scx)?.values() ?? [])];
    const added = kinds.filter((ours) => ours).length;
    assert(added <= config.addedEdgesMax, () => `${where(scx, now)} added ${added} edges`);
    const accepted = kinds.length - added;
    assert(
      accepted <= config.acceptedEdgesMax,
      () => `${where(scx, now)} accepted ${accepted} edges`,
    );
  };

  const checkSize = (scx: SimulatedScx, effect: Effect, now: number): void => {
    if (effect.kind !== 'send') return;
    for (const value of Object.values(effect.message)) {
      if (!Array.isArray(value)) continue;
      const text = (): string =>
        `${where(scx, now)} sent ${value.length} items in a ${effect.message.kind}`;
      assert(value.length <= MESSAGE_LISTS_MAX, text);
    }
  };

  const checkOrder = (scx: SimulatedScx, adu: Adu, now: number): void => {
    const key = `${scx.index}/${adu.source}/${adu.channel}`;
    const last = lastDelivered.get(key) ?? -1;
    assert(adu.sequence > last, () => `${where(scx, now)} delivered ${adu.sequence} after ${last}`);
    lastDelivered.set(key, adu.sequence);
    totals.delivered++;
  };

  return {
    totals,
    onEffect: checkSize,
    onDeliver: checkOrder,
    onEvent: (scx, event, now) => {
      const own = edges.get(scx) ?? new Map<NodeId, boolean>();
      edges.set(scx, own);
      if (event.kind === 'edgeUp') own.set(event.member.id, event.ours);
      if (event.kind === 'edgeDown') own.delete(event.member.id);
      if (event.kind === 'edgeUp' || event.kind === 'edgeDown') totals.edgeChanges++;
      if (event.kind === 'missed') totals.missed += event.count;
      checkDegree(scx, now);
    },
    checkConnected: (world) => {
      const live = world.live();
      const byId = new Map(live.map((scx) => [scx.gossamer.self().id, scx]));
      const reached = new Set<SimulatedScx>();
      const todo = live.slice(0, 1);
      for (let scx = todo.pop(); scx !== undefined; scx = todo.pop()) {
        if (reached.has(scx)) continue;
        reached.add(scx);
        for (const { member } of scx.gossamer.view().neighbours) {
          const neighbour = byId.get(member.id);
          if (neighbour !== undefined) todo.push(neighbour);
        }
      }
      const text = `${reached.size} of ${live.length} SCXs are connected at ${world.now()} ms`;
      assert(reached.size === live.length, text);
    },
  };
}
