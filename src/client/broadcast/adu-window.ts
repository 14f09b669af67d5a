/**
 * The ADUs that a source client has not sent yet, and the last ones that it has. ADUs are not
 * acknowledged, and an SCX that dies may have received ADUs that it has not passed on. So after
 * each new attachment the last two seconds are sent again; SCXs drop by number what they already
 * have.
 *
 * The last title is kept however old it is, because an SCX that has just been started does not know
 * it.
 *
 * Bounded by the caller, which waits while `unsentMs` is too much.
 */
import type { UnsignedAdu } from '../../overlay/lots/lot-signer.js';

/** An ADU as its source numbers it; the connection signs it. */
export type OwnAdu = UnsignedAdu;

/** ADUs in the order in which they are to be sent. */
export interface AduWindow {
  /** Appends an ADU of `durationMs` of audio; 0 for a title. */
  add(adu: OwnAdu, durationMs: number): void;
  /** The first ADUs that have not been sent, at most `count`; they then count as sent. */
  take(count: number): OwnAdu[];
  /** Counts everything that is kept as unsent again. */
  rewind(): void;
  /** The audio that waits to be sent, ms. */
  readonly unsentMs: number;
}

interface Entry {
  readonly adu: OwnAdu;
  readonly durationMs: number;
}

/** Creates an empty window that keeps `keepMs` of sent audio. */
export function createAduWindow(keepMs: number): AduWindow {
  let unsent: Entry[] = [];
  let sent: Entry[] = [];
  let lastTitle: Entry | undefined;
  let sentMs = 0;
  let unsentMs = 0;

  const onSent = (entry: Entry): void => {
    // Exactly 0 at the end, without rounding errors.
    unsentMs = unsent.length === 0 ? 0 : unsentMs - entry.durationMs;
    sentMs += entry.durationMs;
    sent.push(entry);
    if (entry.durationMs === 0) lastTitle = entry;
    while (sent.length > 0 && sentMs - (sent[0]?.durationMs ?? 0) >= keepMs) {
      sentMs -= sent.shift()?.durationMs ?? 0;
    }
  };

  return {
    add: (adu, durationMs) => {
      unsent.push({ adu, durationMs });
      unsentMs += durationMs;
    },
    take: (count) => {
      const taken = unsent.splice(0, count);
      for (const entry of taken) onSent(entry);
      return taken.map(({ adu }) => adu);
    },
    rewind: () => {
      const kept = [...sent, ...unsent];
      const forgotten = lastTitle === undefined || kept.includes(lastTitle) ? [] : [lastTitle];
      unsent = [...forgotten, ...kept];
      unsentMs += sentMs;
      sent = [];
      sentMs = 0;
    },
    get unsentMs() {
      return unsentMs;
    },
  };
}
