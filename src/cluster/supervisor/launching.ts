/**
 * Launching, in one place: whatever happens changes the supervisor's tables, and pump() then
 * launches what is needed, within the cap, the number of launches under way and the budget of
 * launches per minute. Sessions without an SCX come before those that need a further one, and
 * those that somebody waits for come first. A session gets its SCXs one after the other: only
 * when the last one takes listeners is it known whether another is needed.
 */
import { createTokenBucket } from '../../lib/token-bucket.js';
import { capacityOf } from './capacity.js';
import { FULL } from './outcomes.js';
import { choosePorts } from './port-pairs.js';
import type { TrackedScx } from './scx-table.js';
import { needsFirst, type SessionSlot } from './session-slot.js';
import type { SupervisorState } from './supervisor-state.js';
import type { LaunchFacts } from './supervisor-types.js';

export interface Launching {
  /** Launches what is needed and possible. */
  pump(now: number): void;
  /** Somebody else has the SCX's ports: the next pair, at once. False after too many of them. */
  retryElsewhere(scx: TrackedScx, now: number): boolean;
  /** When pump() has work again; Infinity if not by itself. */
  readonly due: number;
}

/** Nothing is launched yet. `drawId` gives node ids that nobody else draws: 16 hex digits. */
export function createLaunching(state: SupervisorState, drawId: () => string): Launching {
  const { config, scxs, slots, requests } = state;
  const budget = createTokenBucket(config.launchBurst, config.launchIntervalMs);
  const avoided = new Map<number, number>(); // bounded by the pairs of the range

  const needsFurther = (slot: SessionSlot): boolean => {
    const running = scxs.of(slot.session);
    const comes =
      slot.waiting.size > 0 || running.some(({ reservations }) => reservations.length > 0);
    return comes && slot.facts !== null && capacityOf(slot, running, config).needsMore;
  };

  const urgency = (slot: SessionSlot): number =>
    slot.current !== null ? 2 : slot.waiting.size > 0 ? 0 : 1;

  const needy = (): readonly SessionSlot[] =>
    slots.all().filter((slot) => needsFirst(slot) || needsFurther(slot));

  const launch = (slot: SessionSlot, facts: LaunchFacts, now: number): void => {
    const used = scxs.all().map(({ ports }) => ports);
    const ports = choosePorts(config.ports, used, avoided, slot.ports, now);
    if (ports === undefined) {
      slot.retryAt = now + config.backoffMaxMs;
      return requests.answerSlot(slot, () => FULL);
    }
    if (!budget.take(now)) return;
    const id = drawId();
    const { session } = slot;
    const rendezvous = slot.kept && slot.current === null;
    scxs.add({
      id,
      session,
      since: now,
      ports,
      phase: 'launching',
      due: now + config.firstLeaseMs,
    });
    const formerNeighbours = slot.current === null ? slot.formerNeighbours : [];
    slot.current ??= id;
    const order = { id, session, facts, ports, rendezvous, formerNeighbours };
    state.tell({ kind: 'launch', order });
  };

  const pump = (now: number): void => {
    if (state.stopping) return;
    for (const slot of needy().toSorted((a, b) => urgency(a) - urgency(b))) {
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
      if (scx.ports.http > 0) avoided.set(scx.ports.http, now + config.portAvoidMs);
      slot.portTries++;
      slot.ports = null;
      if (slot.current === scx.id) slot.current = null;
      pump(now);
      return true;
    },
    get due() {
      const blocked = scxs.size >= config.scxsMax || scxs.launching >= config.launchingMax;
      if (state.stopping || blocked) return Number.POSITIVE_INFINITY;
      const due = needy().map(({ retryAt }) => retryAt);
      return Math.max(budget.next, Math.min(Number.POSITIVE_INFINITY, ...due));
    },
  };
}
