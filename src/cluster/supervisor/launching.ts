/**
 * Launching, in one place: every input changes the supervisor's tables, and pump() then launches
 * what is needed, within the cap, the number of launches in progress and the budget of launches per
 * minute.
 *
 * Sessions without an SCX come before those that need a further one, and sessions that a client
 * waits for come first. A session gets its SCXs one after the other: only when the last one takes
 * listeners is it known whether another is needed.
 */

import type { LaunchFacts } from '../../api/scx-launch.js';
import { createTokenBucket } from '../../lib/token-bucket.js';
import { choosePorts, type Ports } from '../ports/port-pairs.js';
import { capacityOf } from './capacity.js';
import { FULL } from './outcomes.js';
import type { TrackedScx } from './scx-table.js';
import { needsFirst, type SessionSlot } from './session-slot.js';
import type { SupervisorState } from './supervisor-state.js';

export interface Launching {
  /** Launches what is needed and possible. */
  pump(now: number): void;
  /**
   * Another program uses the SCX's ports: it is launched again at once, on the next pair. False
   * after too many such attempts in a row.
   */
  retryElsewhere(scx: TrackedScx, now: number): boolean;
  /** When pump() has work again; Infinity if not by itself. */
  readonly due: number;
}

/** Asked of every session at every input: without demand, which is cheap to see, none is needed. */
function needsFurther({ scxs, config }: SupervisorState, slot: SessionSlot): boolean {
  const running = scxs.of(slot.session);
  const hasDemand =
    slot.waiting.size > 0 || running.some(({ reservations }) => reservations.length > 0);
  return hasDemand && slot.facts !== null && capacityOf(slot, running, config).needsMore;
}

/** The lower, the sooner. */
const rankOf = (slot: SessionSlot): number =>
  slot.current !== null ? 2 : slot.waiting.size > 0 ? 0 : 1;

const slotsInNeed = (state: SupervisorState): readonly SessionSlot[] =>
  state.slots.all().filter((slot) => needsFirst(slot) || needsFurther(state, slot));

/** Orders a launch, which becomes the session's current SCX if there is none. */
function order(
  { config, scxs, tell }: SupervisorState,
  slot: SessionSlot,
  launch: { readonly id: string; readonly facts: LaunchFacts; readonly ports: Ports },
  now: number,
): void {
  const { id, ports } = launch;
  const { session } = slot;
  const isFirst = slot.current === null;
  const due = now + config.firstLeaseMs;
  const scx = scxs.add({ id, session, since: now, ports, phase: 'launching', due });
  scx.isRestart = slot.restart;
  slot.current ??= id;
  const formerNeighbours = isFirst ? slot.formerNeighbours : [];
  const rendezvous = slot.kept && isFirst;
  const { encoderTitles } = slot;
  const order = { ...launch, session, rendezvous, formerNeighbours, encoderTitles };
  tell({ kind: 'launch', order });
}

/**
 * Creates the launching of SCXs; nothing is launched yet.
 * @param drawId draws node ids that no other SCX has: 16 hexadecimal digits
 */
export function createLaunching(state: SupervisorState, drawId: () => string): Launching {
  const { config, scxs, slots, requests } = state;
  const budget = createTokenBucket(config.launchBurst, config.launchIntervalMs);
  const avoided = new Map<number, number>(); // bounded by the pairs of the range

  const launch = (slot: SessionSlot, facts: LaunchFacts, now: number): void => {
    const used = scxs.all().map(({ ports }) => ports);
    const ports = choosePorts(config.ports, used, avoided, slot.ports, now);
    if (ports === undefined) {
      slot.retryAt = now + config.backoffMaxMs;
      return requests.answerSlot(slot, () => FULL);
    }
    if (budget.take(now)) order(state, slot, { id: drawId(), facts, ports }, now);
  };

  const pump = (now: number): void => {
    if (state.stopping) return;
    for (const slot of slotsInNeed(state).toSorted((a, b) => rankOf(a) - rankOf(b))) {
      if (scxs.size >= config.scxsMax) requests.answerSlot(slot, () => FULL);
      else if (slot.facts === null || slot.retryAt > now) continue;
      else if (scxs.launching < config.launchingMax) launch(slot, slot.facts, now);
    }
  };

  return {
    pump,
    retryElsewhere: (scx, now) => {
      const slot = slots.get(scx.session);
      if (slot === undefined || slot.portTries >= config.portTriesMax) return false;
      scxs.remove(scx.id);
      state.awaitedPorts.onEnd(scx, undefined);
      if (scx.ports.http > 0) avoided.set(scx.ports.http, now + config.portAvoidMs);
      slot.portTries++;
      slot.ports = null;
      if (slot.current === scx.id) slot.current = null;
      pump(now);
      return true;
    },
    get due() {
      const isBlocked = scxs.size >= config.scxsMax || scxs.launching >= config.launchingMax;
      if (state.stopping || isBlocked) return Number.POSITIVE_INFINITY;
      const due = slotsInNeed(state).map(({ retryAt }) => retryAt);
      return Math.max(budget.next, Math.min(Number.POSITIVE_INFINITY, ...due));
    },
  };
}
