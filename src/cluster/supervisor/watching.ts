/**
 * Watching: each phase of an SCX has a deadline. An SCX that misses it is killed, and one that does
 * not even end then is given up.
 *
 * Functions named becomeX are the only ones that change an SCX's phase away from being alive.
 */
import type { Endings } from './endings.js';
import { seconds } from './outcomes.js';
import type { TrackedScx } from './scx-table.js';
import type { SupervisorConfig } from './supervisor-config.js';
import { log, type SupervisorState } from './supervisor-state.js';

export interface Watching {
  /** Hears of every input and tick before all other parts. */
  notice(now: number): void;
  /** Acts on all deadlines that have passed by now. */
  look(now: number): void;
  becomeLeaving(scx: TrackedScx, timeoutMs: number, now: number): void;
  /** Tells an SCX to end that nobody needs, for a session that needs its place. */
  evict(scx: TrackedScx, now: number): void;
  /** The next deadline or pulse; Infinity without SCXs. */
  readonly due: number;
}

/** The sentence for an SCX that missed the deadline of a phase. */
function reasonOf(phase: Exclude<TrackedScx['phase'], 'killed'>, config: SupervisorConfig): string {
  switch (phase) {
    case 'launching':
      return `The session's SCX did not report within ${seconds(config.firstLeaseMs)}.`;
    case 'renewing':
      return `The session's SCX did not renew its lease for ${seconds(config.leaseMs)}.`;
    case 'leaving':
      return "The session's SCX took too long to leave.";
  }
}

/** Creates the watch over leases; no SCX is watched yet. */
export function createWatching(state: SupervisorState, endings: Endings): Watching {
  const { config, scxs, slots } = state;
  let pulse = Number.POSITIVE_INFINITY; // the next input or tick comes until then

  const becomeKilled = (scx: TrackedScx, killReason: string, now: number): void => {
    scx.phase = 'killed';
    scx.due = now + config.killMs;
    scx.killReason = killReason;
    state.tell({ kind: 'stop', id: scx.id, signal: 'SIGKILL' });
  };

  const becomeLeaving = (scx: TrackedScx, timeoutMs: number, now: number): void => {
    if (scx.phase === 'leaving') return;
    scx.phase = 'leaving';
    scx.due = now + timeoutMs;
    const slot = slots.get(scx.session);
    if (slot?.current !== scx.id) return;
    slot.formerNeighbours = scx.status?.neighbours ?? []; // the next SCX joins among them at once
    endings.detach(slot, now);
  };

  const onDue = (scx: TrackedScx, now: number): void => {
    if (scx.phase === 'killed') {
      const message = `${scx.killReason} It is given up: SIGKILL did not end it either.`;
      log(state, 'error', message, scx.session);
      return endings.onEnd({ scx, reason: scx.killReason, isNormal: false }, now);
    }
    becomeKilled(scx, reasonOf(scx.phase, config), now);
  };

  return {
    /**
     * A late pulse means that this process stood still (it was stopped, or the machine is busy),
     * and that no SCX could renew its lease meanwhile. The lease of one SCX may arrive before the
     * late tick, so inputs are noticed as well.
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
    becomeLeaving,
    evict: (scx, now) => {
      const message = 'An SCX without clients ends early: another session needs its place.';
      log(state, 'info', message, scx.session);
      scx.isEvicted = true;
      becomeLeaving(scx, config.leavingMs, now);
      state.tell({ kind: 'stop', id: scx.id, signal: 'SIGTERM' });
    },
    get due() {
      return Math.min(scxs.due, scxs.size > 0 ? pulse : Number.POSITIVE_INFINITY);
    },
  };
}
