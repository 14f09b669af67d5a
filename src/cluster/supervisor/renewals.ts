/**
 * Lease renewals: an SCX says that it lives, and how many listeners it has. The first one makes a
 * launched SCX available to clients. An SCX that is not known here was launched by another front
 * end, or by an earlier one, or by an SCX that hands over to it, and is adopted. A cluster that stops
 * tells it to leave at once.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import { portsOf } from '../ports/port-pairs.js';
import { answerWaiting } from './answering.js';
import { settleReservations } from './capacity.js';
import type { Launching } from './launching.js';
import type { TrackedScx } from './scx-table.js';
import { type SessionSlot, serverOf } from './session-slot.js';
import { log, type SupervisorState } from './supervisor-state.js';
import type { InputOf } from './supervisor-types.js';
import type { Watching } from './watching.js';

function adopt(state: SupervisorState, status: ScxStatus, now: number): TrackedScx | undefined {
  const { config, scxs } = state;
  if (scxs.size >= config.trackedMax) return undefined;
  const { id, session } = status;
  const ports = portsOf(status) ?? { http: 0, overlay: 0 };
  log(state, 'info', 'An SCX that was not known here renewed its lease.', session);
  const due = now + config.leaseMs;
  const origin = { client: '', server: '' };
  return scxs.add({ id, session, since: now, origin, ports, phase: 'renewing', due });
}

/**
 * The first lease of an SCX that has drawn its id by itself: it is the one that is being launched for
 * the session, whoever launched it.
 */
function takeLaunched(state: SupervisorState, status: ScxStatus): TrackedScx | undefined {
  const { config, scxs, slots } = state;
  if (!config.isShared) return undefined;
  const launched = scxs.of(status.session).find(({ phase }) => phase === 'launching');
  if (launched === undefined) return undefined;
  const slot = slots.get(status.session);
  if (slot?.current === launched.id) slot.current = status.id;
  return scxs.rename(launched.id, status.id);
}

/** Of the SCXs that renew, all front ends take the same for the first: the oldest. */
function chooseFirst({ scxs }: SupervisorState, slot: SessionSlot): void {
  const ageOf = ({ id, status }: TrackedScx): string => `${status?.startedAt} ${id}`;
  const renewing = scxs
    .of(slot.session)
    .filter(({ phase, status }) => phase === 'renewing' && status);
  const [oldest] = renewing.toSorted((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
  slot.current = oldest?.id ?? slot.current;
}

/** The cluster stops, and tells the SCX to leave. */
export function becomeStopped(state: SupervisorState, scx: TrackedScx, now: number): void {
  scx.phase = 'leaving';
  scx.due = now + state.config.stopMs;
  state.tell({ kind: 'stop', id: scx.id, signal: 'SIGTERM' });
}

function becomeRenewing(state: SupervisorState, scx: TrackedScx, now: number): void {
  const { config, scxs, slots } = state;
  const slot = slots.open(scx.session, now);
  if (scx.phase === 'launching') slot.portTries = 0;
  scx.phase = 'renewing';
  scx.due = now + config.leaseMs;
  if (config.isShared) chooseFirst(state, slot);
  else if (scxs.get(slot.current)?.phase !== 'renewing') slot.current = scx.id;
  slot.restart = false;
  answerWaiting(state, slot, now);
}

/** An SCX renewed its lease. */
export function handleLease(
  parts: {
    readonly state: SupervisorState;
    readonly launching: Launching;
    readonly watching: Watching;
  },
  { status }: InputOf<'lease'>,
  now: number,
): void {
  const { state, launching, watching } = parts;
  const { config, scxs } = state;
  const known = scxs.get(status.id) ?? takeLaunched(state, status);
  const scx = known ?? adopt(state, status, now);
  if (scx === undefined || scx.phase === 'killed' || scx.session !== status.session) return;
  settleReservations(scx, status.listeners, now - config.reservationMs);
  // One that leaves has lost its neighbours, or is about to.
  const { neighbours } = status.neighbours.length > 0 ? status : (scx.status ?? status);
  scx.status = status.state === 'leaving' ? { ...status, neighbours } : status;
  scx.renewedAt = now;
  if (scx.ports.http === 0) scx.ports = portsOf(status) ?? scx.ports;
  if (state.stopping && scx.phase !== 'leaving') return becomeStopped(state, scx, now);
  const leavingMs = config.leavingMs + (status.leavesWithinMs ?? 0);
  if (status.state === 'leaving') watching.becomeLeaving(scx, leavingMs, now);
  else if (scx.phase !== 'leaving') becomeRenewing(state, scx, now);
  launching.pump(now);
}

/** The platform found an SCX that outlived an earlier front end: its next renewal is waited for. */
export function handleFound(
  { config, scxs, slots }: SupervisorState,
  { id, session, facts, ports }: InputOf<'found'>,
  now: number,
): void {
  if (scxs.get(id) !== undefined || scxs.size >= config.trackedMax) return;
  const due = now + config.leaseMs;
  const origin = { client: '', server: serverOf(facts) };
  scxs.add({ id, session, since: now, origin, ports, phase: 'renewing', due });
  const slot = slots.open(session, now);
  slot.facts ??= facts;
  slot.current ??= id;
}
