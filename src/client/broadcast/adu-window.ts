/**
 * What a source client holds in its hands: the ADUs that it has not sent yet, and the last ones
 * that it has. An SCX that dies takes with it what it had received and not passed on, and nobody
 * acknowledges single ADUs. So after each new attachment the last two seconds are sent again;
 * SCXs drop by number what they have already.
 *
 * The last now-playing notice is kept however old it is: an SCX that was started a second ago has
 * never heard it.
 *
 * Bounded by whoever adds: it waits while `unsentMs` is too much.
 */
import type { Adu } from '../../gossamer/core/node.js';

/** An ADU as its source numbers it; the names of source and SCX are the connection's. */
export type OwnAdu = Omit<Adu, 'source' | 'sourceScx'>;

/** ADUs in the order in which they are to be sent. */
export interface AduWindow {
  /** Appends an ADU that is `durationMs` of audio long; 0 for a notice. */
  add(adu: OwnAdu, durationMs: number): void;
  /** The first ADU that is not sent yet, which then counts as sent. */
  take(): OwnAdu | undefined;
  /** Everything that is kept counts as unsent again. */
  rewind(): void;
  /** How much audio waits to be sent. */
  readonly unsentMs: number;
}

interface Entry {
  readonly adu: OwnAdu;
  readonly durationMs: number;
}

/** An empty window that keeps `keepMs` of sent audio. */
export function createAduWindow(keepMs: number): AduWindow {
  let unsent: Entry[] = [];
  let sent: Entry[] = [];
  let lastNotice: Entry | undefined;
  let sentMs = 0;
  let unsentMs = 0;

  const onSent = (entry: Entry): void => {
    unsentMs = unsent.length === 0 ? 0 : unsentMs - entry.durationMs; // 0 exactly, at the end
    sentMs += entry.durationMs;
    sent.push(entry);
    if (entry.durationMs === 0) lastNotice = entry;
    while (sent.length > 0 && sentMs - (sent[0]?.durationMs ?? 0) >= keepMs) {
      sentMs -= sent.shift()?.durationMs ?? 0;
    }
  };

  return {
    add: (adu, durationMs) => {
      unsent.push({ adu, durationMs });
      unsentMs += durationMs;
    },
    take: () => {
      const entry = unsent.shift();
      if (entry !== undefined) onSent(entry);
      return entry?.adu;
    },
    rewind: () => {
      const kept = [...sent, ...unsent];
      const forgotten = lastNotice === undefined || kept.includes(lastNotice) ? [] : [lastNotice];
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
