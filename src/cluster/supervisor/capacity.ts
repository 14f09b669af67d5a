/**
 * The capacity of a session: how many more listeners the SCXs that it has here can take. An SCX
 * reports its number of listeners with each lease renewal; a slot is reserved for every listener
 * that has been sent to it since, so that a crowd that arrives between two renewals is spread like
 * any other.
 *
 * A listener is sent to the SCX with the most room. But an SCX whose listeners the others could
 * take twice over gets no new ones: it empties as its listeners leave, and then ends by itself.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import type { TrackedScx } from './scx-table.js';
import type { SessionSlot } from './session-slot.js';
import type { SupervisorConfig } from './supervisor-config.js';

/** An SCX that listeners can be sent to. */
type Host = TrackedScx & { readonly status: ScxStatus };

/** The capacity of one session. */
export interface SessionCapacity {
  /** The SCX for the next listener; undefined if there is no free slot. */
  readonly best: Host | undefined;
  /** The session has as many listeners as it may. */
  readonly atLimit: boolean;
  /** A listener waits, or listeners come and room runs out; and no further SCX is coming yet. */
  readonly needsMore: boolean;
}

const isHost = (scx: TrackedScx): scx is Host => scx.phase === 'renewing' && scx.status !== null;

/** It will have room soon, but how much is not known yet. */
const isComing = ({ phase, status }: TrackedScx): boolean =>
  phase === 'launching' || (phase === 'renewing' && status === null);

const taken = ({ status, reservations }: Host): number => status.listeners + reservations.length;

const free = (host: Host): number => Math.max(0, host.status.listenersMax - taken(host));

const sum = (hosts: readonly Host[], count: (host: Host) => number): number =>
  hosts.reduce((total, host) => total + count(host), 0);

const size = ({ status }: Host): number => status.listenersMax;

/** The hosts that this number of listeners needs; the youngest are the first to be left out. */
function needed(hosts: readonly Host[], listeners: number): readonly Host[] {
  const others = hosts.slice(0, -1);
  const isSurplus = others.length > 0 && listeners <= sum(others, size) / 2;
  return isSurplus ? needed(others, listeners) : hosts;
}

const roomier = (a: Host, b: Host): Host => (free(b) > free(a) ? b : a);

function roomiest(hosts: readonly Host[]): Host | undefined {
  const [first, ...others] = hosts.filter((host) => free(host) > 0);
  return first && others.reduce(roomier, first);
}

/** The session's current SCX is never surplus; the others follow by age. */
const hostsOf = (slot: SessionSlot, scxs: readonly TrackedScx[]): readonly Host[] =>
  scxs.filter(isHost).sort((a, b) => Number(b.id === slot.current) - Number(a.id === slot.current));

/** The capacity of a session; `scxs` are all its SCXs, the oldest first. */
export function capacityOf(
  slot: SessionSlot,
  scxs: readonly TrackedScx[],
  { sessionListenersMax, spareShare }: SupervisorConfig,
): SessionCapacity {
  const hosts = hostsOf(slot, scxs);
  const room = sum(hosts, free);
  const present = sum(hosts, taken);
  const spare = Math.floor(Math.max(0, ...hosts.map(size)) * spareShare);
  const isWaitedFor = slot.waiting.size > 0;
  const isTight = room < spare && hosts.some(({ reservations }) => reservations.length > 0);
  const mayGrow = present + room < sessionListenersMax;
  return {
    best: roomiest(needed(hosts, present)),
    atLimit: present >= sessionListenersMax,
    needsMore: hosts.length > 0 && (isWaitedFor || isTight) && mayGrow && !scxs.some(isComing),
  };
}

/** A listener is sent to the SCX: a slot is reserved for it. */
export function reserve(scx: TrackedScx, now: number): void {
  scx.reservations.push(now);
}

/**
 * A renewal reports `listeners`: as many reservations are used as there are more listeners than in
 * the last renewal. A reservation made before `since` has expired: that listener does not come.
 */
export function settleReservations(scx: TrackedScx, listeners: number, since: number): void {
  const arrived = Math.max(0, listeners - (scx.status?.listeners ?? 0));
  const expired = scx.reservations.filter((at) => at <= since).length;
  scx.reservations.splice(0, Math.max(arrived, expired));
}
