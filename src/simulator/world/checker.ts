/**
 * The invariants of Gossamer, checked at every step of every simulated run from outside, by what
 * the machines say and do: no SCX exceeds its degree, no message exceeds the bounds of the wire,
 * and every source's ADUs are delivered once and in order. A violation throws at once, with the
 * instant and the SCX.
 */
import type { GossamerConfig } from '../../gossamer/core/config.js';
import type { Effect, GossamerEvent } from '../../gossamer/core/effects.js';
import type { Adu, NodeId, SourceId } from '../../gossamer/core/node.js';
import { assert } from '../../lib/assert.js';
import type { SimulatedScx } from './simulated-scx.js';
import type { Observer, World } from './world.js';

/** Since the beginning of the run, over all SCXs. */
interface CheckerTotals {
  /** ADUs delivered. */
  delivered: number;
  /** ADUs that SCXs reported as missed. */
  missed: number;
  /** Edges that went up or down, each counted at both ends. */
  edgeChanges: number;
}

export interface Checker extends Observer {
  readonly totals: CheckerTotals;
  /**
   * Throws unless the mesh leads from one live SCX to all others. Those that lie need not be reached,
   * but may be on the way, if they pass on what others say.
   */
  checkConnected(world: World): void;
}

/** The most items in a list of a control message; the bounds of wire/limits.ts are all below it. */
const MESSAGE_LISTS_MAX = 256;

/** Channels are numbered by a byte. */
const CHANNELS = 256;

const where = (scx: SimulatedScx, now: number): string =>
  `at ${now.toFixed(1)} ms, SCX ${scx.index}`;

function checkSize(scx: SimulatedScx, effect: Effect, now: number): void {
  if (effect.kind !== 'send') return;
  for (const value of Object.values(effect.message)) {
    if (!Array.isArray(value) || value.length <= MESSAGE_LISTS_MAX) continue;
    const { kind } = effect.message;
    assert(false, `${where(scx, now)} sent ${value.length} items in a ${kind}`);
  }
}

/** Creates the check that "no SCX holds more than k1 + k2 edges", each kind for itself (§3.2). */
function createDegreeCheck(config: GossamerConfig, totals: CheckerTotals) {
  /** By SCX and neighbour: whether the SCX added the edge itself. */
  const edges = new Map<SimulatedScx, Map<NodeId, boolean>>();
  const edgesMax = config.addedEdgesMax + config.acceptedEdgesMax;
  const addedMax = config.figure4 === 'any' ? edgesMax : config.addedEdgesMax;
  return (scx: SimulatedScx, event: GossamerEvent, now: number): void => {
    const own = edges.get(scx) ?? new Map<NodeId, boolean>();
    edges.set(scx, own);
    if (event.kind === 'edgeUp') own.set(event.member.id, event.ours);
    if (event.kind === 'edgeDown') own.delete(event.member.id);
    if (event.kind === 'edgeUp' || event.kind === 'edgeDown') totals.edgeChanges++;
    const added = [...own.values()].filter((ours) => ours).length;
    const accepted = own.size - added;
    assert(added <= addedMax, () => `${where(scx, now)} added ${added} edges`);
    assert(
      accepted <= config.acceptedEdgesMax,
      () => `${where(scx, now)} accepted ${accepted} edges`,
    );
    assert(own.size <= edgesMax, () => `${where(scx, now)} has ${own.size} edges`);
  };
}

/**
 * Creates the check that an ADU is delivered "at most once per SCX and in order within (source,
 * channel)".
 */
function createOrderCheck(totals: CheckerTotals) {
  /** By source: by SCX and channel, as one number. */
  const bySource = new Map<SourceId, Map<number, number>>();
  return (scx: SimulatedScx, { source, channel, sequence }: Adu, now: number): void => {
    const lastDelivered = bySource.get(source) ?? new Map<number, number>();
    if (lastDelivered.size === 0) bySource.set(source, lastDelivered);
    const key = scx.index * CHANNELS + channel;
    const last = lastDelivered.get(key) ?? -1;
    assert(sequence > last, () => `${where(scx, now)} delivered ${sequence} after ${last}`);
    lastDelivered.set(key, sequence);
    totals.delivered++;
  };
}

function checkConnected(world: World): void {
  const honest = world.honest();
  const relaying = world.live().filter(({ relays }) => relays);
  const byId = new Map(relaying.map((scx) => [scx.gossamer.self().id, scx]));
  const reached = new Set<SimulatedScx>();
  const todo = honest.slice(0, 1);
  for (let scx = todo.pop(); scx !== undefined; scx = todo.pop()) {
    if (reached.has(scx)) continue;
    reached.add(scx);
    for (const { member } of scx.gossamer.view().neighbours) {
      const neighbour = byId.get(member.id);
      if (neighbour !== undefined) todo.push(neighbour);
    }
  }
  const count = honest.filter((scx) => reached.has(scx)).length;
  const text = `${count} of ${honest.length} SCXs are connected at ${world.now()} ms`;
  assert(count === honest.length, text);
}

/** Creates a checker for one run. */
export function createChecker(config: GossamerConfig): Checker {
  const totals = { delivered: 0, missed: 0, edgeChanges: 0 };
  const checkDegree = createDegreeCheck(config, totals);
  return {
    totals,
    onEffect: checkSize,
    onDeliver: createOrderCheck(totals),
    onEvent: (scx, event, now) => {
      if (event.kind === 'missed') totals.missed += event.count;
      checkDegree(scx, event, now);
    },
    checkConnected,
  };
}
