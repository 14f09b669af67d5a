/**
 * Notices that a session goes off the air and comes back. An SCX that is replaced knows no source for a moment, so
 * a session is off the air when nothing was played for OFF_MS. A session whose SCX has ended for lack of
 * listeners is forgotten. A machine without I/O, bounded by the sessions that it is shown.
 */

/** A session as it is seen now. */
interface Played {
  readonly isOnAir: boolean;
}

interface Change {
  readonly kind: 'onAir' | 'offAir';
  readonly session: string;
  readonly text: string;
}

export interface OnAirWatch {
  /** The sessions by their path; `now`: ms, monotonic. */
  look(sessions: ReadonlyMap<string, Played>, now: number): readonly Change[];
}

/** Guess: longer than an SCX takes to be replaced, and an encoder to connect again. */
const OFF_MS = 10_000;

interface Watched {
  /** When something was played last. */
  playedAt: number;
  isOff: boolean;
}

/** A span of time in words: `40 s`, `3 min`, `2.5 h`. */
function spanText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Creates a watch that has seen nothing yet. */
export function createOnAirWatch(): OnAirWatch {
  const watched = new Map<string, Watched>();

  const lookAt = (session: string, { isOnAir }: Played, now: number): Change | undefined => {
    const known = watched.get(session);
    if (isOnAir) {
      watched.set(session, { playedAt: now, isOff: false });
      if (known?.isOff !== true) return undefined;
      const text = `It is on the air again, after ${spanText(now - known.playedAt)}.`;
      return { kind: 'onAir', session, text };
    }
    if (known === undefined || known.isOff || now - known.playedAt < OFF_MS) return undefined;
    known.isOff = true;
    return { kind: 'offAir', session, text: 'It is off the air: no source plays.' };
  };

  return {
    look: (sessions, now) => {
      for (const session of watched.keys()) {
        if (!sessions.has(session)) watched.delete(session);
      }
      return [...sessions].flatMap(([session, played]) => lookAt(session, played, now) ?? []);
    },
  };
}
