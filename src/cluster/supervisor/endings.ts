/**
 * The end of an SCX. It is forgotten, and its session continues with another of its SCXs if it has
 * one. An unexpected end is recorded in the session's slot (session-slot.ts), which determines the
 * time of the next launch.
 *
 * A session that is published here, or whose SCX had clients or is asked for, gets a new SCX on the
 * same ports, also beside others that live: players come back to that port only. The first quick death of an SCX that had come up costs no wait; from then on the wait
 * doubles with each quick death, up to 4 s: the session can run, and its clients wait, the new ones
 * here and the others at the port (awaited-ports.ts). SCXs that do not even come up wait up to 30 s,
 * and after 3 quick deaths in a row clients are told.
 */
import type { Rng } from '../../lib/rng.js';
import { EXIT } from '../../lib/user-error.js';
import { answerWaiting } from './answering.js';
import type { Launching } from './launching.js';
import { failing, seconds } from './outcomes.js';
import { hadClients, type TrackedScx } from './scx-table.js';
import { becomeOnlyRestart, isFailing, recordDeath, type SessionSlot } from './session-slot.js';
import { log, type SupervisorState } from './supervisor-state.js';
import type { InputOf } from './supervisor-types.js';

/** The end of an SCX. */
interface End {
  readonly scx: TrackedScx;
  /** A sentence for the log and for clients. */
  readonly reason: string;
  /** It ended by itself without clients, or because it was told to. */
  readonly isNormal: boolean;
}

export interface Endings {
  /** The SCX has ended, or is given up. */
  onEnd(end: End, now: number): void;
  /** The session's current SCX is not available any more: another one becomes the current one. */
  detach(slot: SessionSlot, now: number): void;
}

/** The end of the last SCX of a published session is unexpected however it ended. */
function isUnexpected(slot: SessionSlot, { scx, isNormal }: End, wasFirst: boolean): boolean {
  if (wasFirst && slot.current === null) return slot.kept || !isNormal;
  return !isNormal && (scx.phase === 'launching' || scx.phase === 'renewing');
}

/** Creates the functions that handle the ends of this state's SCXs. */
export function createEndings(state: SupervisorState, rng: Rng): Endings {
  const { config, scxs, slots, requests } = state;

  const detach = (slot: SessionSlot, now: number): void => {
    slot.current = scxs.replacementOf(slot.session, slot.current)?.id ?? null;
    answerWaiting(state, slot, now);
  };

  /** Whether clients come back to this SCX's ports: those that it had, or those of the one before. */
  const hasReturning = (slot: SessionSlot, scx: TrackedScx, now: number): boolean => {
    const since = now - config.reservationMs;
    const mayReturn = scx.isRestart && scx.since > since && slot.deaths < config.quickDeathsMax;
    return mayReturn || hadClients(scx, since);
  };

  const remember = (slot: SessionSlot, { scx, reason }: End, now: number): void => {
    log(state, 'warn', reason, scx.session);
    if (scx.status !== null) {
      const returns = hasReturning(slot, scx, now);
      slot.restart = slot.current === null && returns;
      if (slot.current !== null && returns) slot.furtherRestart = scx.ports;
      slot.ports = scx.ports; // so that players that connect again find the next SCX
      slot.formerNeighbours = scx.status.neighbours;
      slot.encoderTitles = scx.status.encoderTitles ?? [];
      slot.segment = scx.status.segment ?? slot.segment;
    }
    const cameUp = scx.status !== null;
    recordDeath(slot, { livedMs: now - scx.since, cameUp, reason }, config, rng, now);
    if (isFailing(slot, config, now)) requests.answerSlot(slot, () => failing(slot, now));
  };

  return {
    detach,
    onEnd: (end, now) => {
      const { id, session } = end.scx;
      scxs.remove(id);
      const slot = slots.get(session);
      state.awaitedPorts.onEnd(end.scx, slot);
      if (slot === undefined) return;
      const wasFirst = slot.current === id;
      if (wasFirst) detach(slot, now);
      if (isUnexpected(slot, end, wasFirst) && !state.stopping) remember(slot, end, now);
      becomeOnlyRestart(slot);
      slots.tidy(slot, now);
    },
  };
}

interface Parts {
  readonly state: SupervisorState;
  readonly launching: Launching;
  readonly endings: Endings;
}

/**
 * Describes how a process ended; empty if that is unknown, because it was not a child of this
 * process.
 */
function causeOf({ code, signal }: InputOf<'exited'>): string {
  if (signal !== null) return ` by ${signal}`;
  return code === null ? '' : ` with exit code ${code}`;
}

/** The process of an SCX ended. */
export function handleExited(
  { state, launching, endings }: Parts,
  input: InputOf<'exited'>,
  now: number,
): void {
  const { id, code } = input;
  const scx = state.scxs.get(id);
  if (scx === undefined) return;
  const isEarly = scx.phase === 'launching';
  if (isEarly && code === EXIT.bind && launching.retryElsewhere(scx, now)) return;
  const reason = `The session's SCX ended${causeOf(input)} after ${seconds(now - scx.since)}.`;
  const isNormal = code === 0 && !isEarly && scx.killReason === '';
  endings.onEnd({ scx, reason: scx.killReason || reason, isNormal }, now);
  launching.pump(now);
}

/** The platform could not start the process of an SCX. */
export function handleLaunchFailed(
  { state, launching, endings }: Parts,
  { id, reason }: InputOf<'launchFailed'>,
  now: number,
): void {
  const scx = state.scxs.get(id);
  if (scx === undefined) return;
  const sentence = `The session's SCX could not be started: ${reason}.`;
  endings.onEnd({ scx, reason: sentence, isNormal: false }, now);
  launching.pump(now);
}
