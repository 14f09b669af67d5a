/**
 * One address of a cluster, which is asked about twice a second for its room. It is open while it answers:
 * two questions without a good answer in a row close it, and so does time without one. That is within
 * 2 s of the cluster's death, whether its machine refuses connections, is silent, or answers something
 * else. One lost question closes nothing. A door that has been closed for long is asked less often, and
 * is still open again within 2 s.
 *
 * Times are those of an attended clock: while this process is held up, no cluster dies of it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { RoomAnswer } from '../../api/locating/room.js';
import { backoffMs } from '../../lib/backoff.js';

/** From question to question, ms. */
const ASK_MS = 600;
const ASK_CLOSED_MS_MAX = 1500;
/** For an answer, ms: more than a round trip to the other side of the world and back takes. */
export const ANSWER_MS = 1200;
/** Since the question of the last good answer was asked, ms. */
const OPEN_MS = 1900;
const FAILURES_MAX = 2;

export interface DoorOptions {
  /** Asks for the room; rejects if there is no good answer. */
  ask(): Promise<RoomAnswer>;
  /** A good answer. */
  onRoom(room: RoomAnswer): void;
  /** It is open from now on, or closed. */
  onChange(isOpen: boolean, why: string): void;
  /** ms that never decrease. */
  now(): number;
  readonly signal: AbortSignal;
  /** From question to question, ms; default: ASK_MS. */
  readonly askMs?: number | undefined;
}

export interface Door {
  isOpen(): boolean;
  /** Without an open door for this long, ms. */
  closedMs(): number;
}

const reasonOf = (error: unknown): string => {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return `${code ?? message ?? error}`.slice(0, 200);
};

/** Starts to ask, until the signal is aborted. */
export function watchDoor(options: DoorOptions): Door {
  const { ask, onRoom, onChange, now, signal, askMs = ASK_MS } = options;
  const closedRange = { firstMs: askMs, lastMs: ASK_CLOSED_MS_MAX };
  let goodAt = Number.NEGATIVE_INFINITY;
  let closedSince = now();
  let failures = 0;
  let wasOpen = false;
  const isOpen = (): boolean => failures < FAILURES_MAX && now() - goodAt <= OPEN_MS;

  const note = (why: string): void => {
    const isOpenNow = isOpen();
    if (isOpenNow === wasOpen) return;
    wasOpen = isOpenNow;
    closedSince = now();
    onChange(isOpenNow, why);
  };

  const askOnce = async (): Promise<void> => {
    const askedAt = now();
    try {
      const room = await ask();
      if (signal.aborted) return;
      goodAt = askedAt;
      failures = 0;
      onRoom(room);
      note('it answers');
    } catch (error) {
      failures++;
      note(reasonOf(error));
    }
  };

  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      const startedAt = now();
      await askOnce();
      const everyMs = isOpen() ? askMs : backoffMs(closedRange, Math.max(0, failures - 3));
      await pause(Math.max(0, startedAt + everyMs - now()), undefined, { signal });
    }
  };
  watch().catch(() => undefined); // Only the end of the pause rejects.
  return { isOpen, closedMs: () => (isOpen() ? 0 : now() - closedSince) };
}
