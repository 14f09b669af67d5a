/**
 * Watching: an SCX is believed for so long in each of its phases. Who misses the end of our
 * patience is killed; who ended is forgotten, its session goes on with another of its SCXs, and
 * an end that was not due is remembered against the session (session-slot.ts).
 *
 * Functions named becomeX are the only ones that change an SCX's phase away from being alive.
 */
import type { Rng } from '../../lib/rng.js';
import { answerWaiting } from './answering.js';
import { failing, seconds } from './outcomes.js';
import { hadClients, type TrackedScx } from './scx-table.js';
import { isFailing, recordDeath, type SessionSlot } from './session-slot.js';
import { type End, log, type SupervisorState } from './supervisor-state.js';

export interface Watching {
  /** Hears of every input and tick before anybody else. */
  notice(now: number): void;
  /** Acts on all patience that has ended by now. */
  look(now: number): void;
  becomeLeaving(scx: TrackedScx, timeoutMs: number, now: number): void;
  onEnd(end: End, now: number): void;
  /** When there is something to look at, or the next pulse; Infinity without SCXs. */
  readonly due: number;
}

/** Nothing is watched yet. */
export function createWatching(state: SupervisorState, rng: Rng): Watching {
  const { config, scxs, slots, requests } = state;
  let pulse = Number.POSITIVE_INFINITY; // the next input or tick comes until then

  const detach = (slot: SessionSlot, now: number): void => {
    slot.current = scxs.heirOf(slot.session, slot.current)?.id ?? null;
    answerWaiting(state, slot, now);
  };

  const remember = (slot: SessionSlot, { scx, reason }: End, now: number): void => {
    log(state, 'warn', reason, scx.session);
    if (scx.status !== null) {
      slot.restart = slot.current === null && hadClients(scx);
      slot.ports = scx.ports; // so that players which connect again find the next one
      slot.formerNeighbours = scx.status.neighbours;
    }
    const cameUp = scx.status !== null;
    recordDeath(slot, { livedMs: now - scx.since, cameUp, reason }, config, rng, now);
    if (isFailing(slot, config, now)) requests.answerSlot(slot, () => failing(slot, now));
  };

  /** The last SCX of a published session is missed however it ended. */
  const isMissed = (slot: SessionSlot, { scx, normal }: End, wasFirst: boolean): boolean => {
    if (wasFirst && slot.current === null) return slot.kept || !normal;
    return !normal && (scx.phase === 'launching' || scx.phase === 'renewing');
  };

  const onEnd = (end: End, now: number): void => {
    const { id, session } = end.scx;
    scxs.remove(id);
    const slot = slots.get(session);
    if (slot === undefined) return;
    const wasFirst = slot.current === id;
    if (wasFirst) detach(slot, now);
    if (isMissed(slot, end, wasFirst) && !state.stopping) remember(slot, end, now);
    slots.tidy(slot, now);
  };

  const becomeKilled = (scx: TrackedScx, doom: string, now: number): void => {
    scx.phase = 'killed';
    scx.due = now + config.killMs;
    scx.doom = doom;
    state.tell({ kind: 'stop', id: scx.id, signal: 'SIGKILL' });
  };

  const onDue = (scx: TrackedScx, now: number): void => {
    if (scx.phase === 'killed') {
      const reason = `${scx.doom} It is given up: SIGKILL did not end it either.`;
      log(state, 'error', reason, scx.session);
      return onEnd({ scx, reason: scx.doom, normal: false }, now);
    }
    const dooms = {
      launching: `The session's SCX did not report within ${seconds(config.firstLeaseMs)}.`,
      renewing: `The session's SCX was silent for ${seconds(config.leaseMs)}.`,
      leaving: "The session's SCX took too long to leave.",
    };
    becomeKilled(scx, dooms[scx.phase], now);
  };

  return {
    /**
     * Whoever misses the pulse stood still (a stopped process, a busy machine): nobody could
     * renew anything. A lease of one SCX may arrive before the tick that tells.
     */
    notice: (now) => {
      if (now - pulse > config.stallMs) {
        for (const scx of scxs.all()) scx.due = Math.max(scx.due, now + config.leaseMs);
      }
      pulse = now + config.pulseMs;
    },
    look: (now) => {
      for (const scx of scxs.all()) if (scx.due <= now) onDue(scx, now);
    },
    becomeLeaving: (scx, timeoutMs, now) => {
      if (scx.phase === 'leaving') return;
      scx.phase = 'leaving';
      scx.due = now + timeoutMs;
      const slot = slots.get(scx.session);
      if (slot?.current === scx.id) detach(slot, now);
    },
    onEnd,
    get due() {
      return Math.min(scxs.due, scxs.size > 0 ? pulse : Number.POSITIVE_INFINITY);
    },
  };
}
