/**
 * Launching, in one place: every input changes the supervisor's tables, and pump() then launches
 * what is needed, within the cap, the number of launches in progress and the budget of launches per
 * minute.
 *
 * Sessions that are published here come first, then those that a client waits for; sessions without an
 * SCX come before those that need a further one. A session gets its SCXs one after the other: only
 * when the last one takes listeners is it known whether another is needed.
 *
 * Sessions that are published elsewhere are launched within the shares of places/places.ts, and
 * within a rate for the client that causes that; strangers cannot use up the launches per minute of the
 * sessions that are published here.
 */

import type { LaunchFacts } from '../../api/scx-launch.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import { type Occupant, type Place, placeFor } from '../places/places.js';
import { choosePorts, type Ports } from '../ports/port-pairs.js';
import { capacityOf } from './capacity.js';
import { FULL, noPlace } from './outcomes.js';
import { isIdleScx, type TrackedScx } from './scx-table.js';
import {
  hasRendezvous,
  needsAgain,
  needsFirst,
  originOf,
  type SessionSlot,
} from './session-slot.js';
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
  if (slot.current !== null && needsAgain(slot)) {
    return running.every(({ status }) => status !== null); // one after the other
  }
  const hasDemand =
    slot.waiting.size > 0 || running.some(({ reservations }) => reservations.length > 0);
  return hasDemand && slot.facts !== null && capacityOf(slot, running, config).needsMore;
}

/** The lower, the sooner. */
const rankOf = (slot: SessionSlot): number =>
  (slot.current === null ? 0 : 4) + (slot.kept ? 0 : 2) + (slot.waiting.size > 0 ? 0 : 1);

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
  const origin = originOf(slot);
  const scx = scxs.add({ id, session, since: now, origin, ports, phase: 'launching', due });
  scx.isRestart = slot.restart || (!isFirst && needsAgain(slot));
  if (!isFirst) slot.furtherRestart = null;
  slot.current ??= id;
  const formerNeighbours = isFirst ? slot.formerNeighbours : [];
  const rendezvous = hasRendezvous(slot) && isFirst;
  const { encoderTitles, segment } = slot;
  const left = { formerNeighbours, encoderTitles, ...(segment && { segment }) };
  const order = { ...launch, session, rendezvous, ...left };
  tell({ kind: 'launch', order });
}

/** An SCX, as places/places.ts sees it. */
interface Taken extends Occupant {
  readonly scx: TrackedScx;
}

/** All SCXs, the oldest first. */
function occupants({ config, scxs, slots }: SupervisorState, now: number): readonly Taken[] {
  const since = now - config.reservationMs;
  return scxs.all().map((scx) => ({
    scx,
    origin: scx.origin,
    isForeign: slots.get(scx.session)?.kept !== true,
    isIdle: isIdleScx(scx, since),
    isEnding: scx.isEvicted,
  }));
}

/** Creates a function that says whether a session can have an SCX now. */
function places(state: SupervisorState, now: number): (slot: SessionSlot) => Place<Taken> {
  const taken = occupants(state, now);
  const lacking = state.slots.all().filter(({ kept, current }) => kept && current === null);
  const neededHere = taken.filter(({ isForeign }) => !isForeign).length + lacking.length;
  return (slot) => {
    const applicant = { origin: originOf(slot), isForeign: !slot.kept };
    return placeFor(applicant, taken, neededHere, state.config);
  };
}

/** Creates the rates of launches: of all, and of whatever causes those of foreign sessions. */
function createBudgets({ config }: SupervisorState) {
  const { launchBurst, launchIntervalMs, originIntervalMs, perOriginMax } = config;
  const all = createTokenBucket(launchBurst, launchIntervalMs);
  const byOrigin = createBoundedMap<string, TokenBucket>(ORIGINS_MAX);

  const bucketOf = (key: string): TokenBucket => {
    const bucket = byOrigin.use(key) ?? createTokenBucket(2 * perOriginMax, originIntervalMs);
    byOrigin.set(key, bucket);
    return bucket;
  };

  return {
    get next() {
      return all.next();
    },
    /** Whether the session may be launched now; or whose rate it exceeds. */
    take: (slot: SessionSlot, now: number): boolean | 'server' | 'client' => {
      if (slot.kept) return true;
      if (all.next() > now) return false;
      // The launch has been counted before: it is one for clients that come back.
      if (slot.restart || needsAgain(slot) || slot.portTries > 0) return all.take(now);
      const origin = originOf(slot);
      for (const name of ['client', 'server'] as const) {
        if (origin[name] === '') continue;
        if (!bucketOf(`${name} ${origin[name]}`).take(now)) return name;
      }
      return all.take(now);
    },
  };
}

/** Whose rates of launches are remembered. */
const ORIGINS_MAX = 1024;

/**
 * Creates the launching of SCXs; nothing is launched yet.
 * @param drawId draws node ids that no other SCX has
 * @param evict ends an SCX without clients, for its place
 */
export function createLaunching(
  state: SupervisorState,
  drawId: () => string,
  evict: (scx: TrackedScx, now: number) => void,
): Launching {
  const { config, scxs, slots, requests } = state;
  const budgets = createBudgets(state);
  const avoided = new Map<number, number>(); // bounded by the pairs of the range

  const launch = (slot: SessionSlot, facts: LaunchFacts, now: number): void => {
    const used = scxs.all().map(({ ports }) => ports);
    const again = slot.current === null ? null : slot.furtherRestart;
    const ports = choosePorts(config.ports, used, avoided, again ?? slot.ports, now);
    if (again !== null && ports?.http !== again.http) {
      slot.furtherRestart = null; // nobody comes back to another port
      return;
    }
    if (ports === undefined) {
      slot.retryAt = now + config.backoffMaxMs;
      return requests.answerSlot(slot, () => FULL);
    }
    const may = budgets.take(slot, now);
    if (may === true) return order(state, slot, { id: drawId(), facts, ports }, now);
    if (may === false) return;
    slot.retryAt = now + config.originIntervalMs;
    requests.answerSlot(slot, () => noPlace(may));
  };

  /** Launches that may be in progress when this one begins. */
  const launchingMax = ({ kept }: SessionSlot): number =>
    kept ? config.launchingMax : Math.max(1, config.launchingMax - config.launchingKept);

  /** Does what can be done for a session; whether that changes the places of the others. */
  const serve = (slot: SessionSlot, place: Place<Taken>, now: number): boolean => {
    if (place.kind === 'none') {
      slot.furtherRestart = null; // clients must not wait for what does not come
      requests.answerSlot(slot, () => noPlace(place.usedUp));
      return false;
    }
    if (slot.facts === null || slot.retryAt > now || place.kind === 'coming') return false;
    if (place.kind === 'instead') evict(place.of.scx, now);
    else if (scxs.launching < launchingMax(slot)) launch(slot, slot.facts, now);
    return true;
  };

  const pump = (now: number): void => {
    if (state.stopping) return;
    let placeOf: ReturnType<typeof places> | undefined;
    for (const slot of slotsInNeed(state).toSorted((a, b) => rankOf(a) - rankOf(b))) {
      placeOf ??= places(state, now);
      if (serve(slot, placeOf(slot), now)) placeOf = undefined;
    }
  };

  /** When a session that is waited for can be launched, as far as that depends on time alone. */
  const dueOf = (slot: SessionSlot): number => {
    if (scxs.launching >= launchingMax(slot)) return Number.POSITIVE_INFINITY;
    return slot.kept ? slot.retryAt : Math.max(slot.retryAt, budgets.next);
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
      if (state.stopping) return Number.POSITIVE_INFINITY;
      const needy = slotsInNeed(state);
      if (needy.length === 0) return Number.POSITIVE_INFINITY;
      const place = places(state, Number.NEGATIVE_INFINITY); // idle ones end when an input comes
      const ready = needy.filter((slot) => place(slot).kind === 'free');
      return Math.min(Number.POSITIVE_INFINITY, ...ready.map(dueOf));
    },
  };
}
