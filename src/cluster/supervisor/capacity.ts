/**
 * Room for a session's listeners, over the SCXs that it has here. An SCX tells how many it has
 * with each lease; whoever was sent to it since counts as there, so that a crowd that arrives
 * between two leases is spread like any other.
 *
 * A listener goes to the SCX with the most room. But an SCX that the others could carry twice
 * over gets nobody new: it empties as its listeners go, and then ends by itself.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import type { TrackedScx } from './scx-table.js';
import type { SessionSlot } from './session-slot.js';
import type { SupervisorConfig } from './supervisor-config.js';

/** An SCX that listeners can be sent to. */
type Host = TrackedScx & { readonly status: ScxStatus };

/** The places of one session. */
export interface SessionCapacity {
  /** Where the next listener goes; undefined if there is no room. */
  readonly best: Host | undefined;
  /** The session has as many listeners as it may. */
  readonly atLimit: boolean;
  /** A listener waits, or listeners come and room runs out; and no further SCX is coming yet. */
  readonly needsMore: boolean;
}

const isHost = (scx: TrackedScx): scx is Host => scx.phase === 'renewing' && scx.status !== null;

/** Not known to have room, but soon. */
const isComing = ({ phase, status }: TrackedScx): boolean =>
  phase === 'launching' || (phase === 'renewing' && status === null);

const taken = ({ status, reservations }: Host): number => status.listeners + reservations.length;

const free = (host: Host): number => Math.max(0, host.status.listenersMax - taken(host));

const sum = (hosts: readonly Host[], count: (host: Host) => number): number =>
  hosts.reduce((total, host) => total + count(host), 0);

const size = ({ status }: Host): number => status.listenersMax;

const capacity = (hosts: readonly Host[]): number => sum(hosts, size);

/** The hosts that so many listeners need; the youngest are the first to be left out. */
function needed(hosts: readonly Host[], listeners: number): readonly Host[] {
  const others = hosts.slice(0, -1);
  const isSurplus = others.length > 0 && listeners <= capacity(others) / 2;
  return isSurplus ? needed(others, listeners) : hosts;
}

const roomier = (a: Host, b: Host): Host => (free(b) > free(a) ? b : a);

function roomiest(hosts: readonly Host[]): Host | undefined {
  const [first, ...others] = hosts.filter((host) => free(host) > 0);
  return first && others.reduce(roomier, first);
}

/** The first SCX is never surplus, then age counts. */
const hostsOf = (slot: SessionSlot, scxs: readonly TrackedScx[]): readonly Host[] =>
  scxs.filter(isHost).sort((a, b) => Number(b.id === slot.current) - Number(a.id === slot.current));

/** The places of a session, of whose SCXs `scxs` has all, the oldest first. */
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

/** A listener is sent to the SCX. */
export function reserve(scx: TrackedScx, now: number): void {
  scx.reservations.push(now);
}

/**
 * A lease tells of so many listeners: as many as are more than in the last one were promised. Who
 * was promised before `since` and has not come by now does not come.
 */
export function settleReservations(scx: TrackedScx, listeners: number, since: number): void {
  const arrived = Math.max(0, listeners - (scx.status?.listeners ?? 0));
  const late = scx.reservations.filter((at) => at <= since).length;
  scx.reservations.splice(0, Math.max(arrived, late));
}
