/**
 * The child's end of a data connection whose channel is announced as UDP. It sends a beat every so
 * often: to the parent a beat tells where to send, that what it sends arrives, and how much of what it
 * sent over TCP has come; its echo tells us that a NACK arrives, too. While that is not so, all goes
 * over TCP: a path that takes no datagrams costs nothing but beats.
 */
import type { Rng } from '../../lib/rng.js';
import {
  type Datagram,
  type DatagramToken,
  encodeBeat,
  encodeFrames,
} from '../../wire/datagram.js';
import { decodeFrames, type WireEvent } from '../../wire/decoder.js';
import type { OverlayContext } from '../sockets/context.js';
import type { Remote } from '../sockets/datagrams.js';
import { OVERLAY_LIMITS } from '../sockets/limits.js';

export interface DatagramChild {
  /** The data connection is open, and the parent takes datagrams. */
  begin(): void;
  /** An ADU came over TCP. */
  onAduByTcp(): void;
  /** False: it would not arrive, and must go over TCP. */
  send(frame: Uint8Array): boolean;
  close(): void;
}

/**
 * `onEvent` hears what the parent's datagrams hold. While `isUsed` is false, as over a connection that is
 * held in reserve, nothing is sent.
 */
export function createDatagramChild(
  { datagrams, counters, log }: OverlayContext,
  token: DatagramToken,
  parent: Remote,
  rng: Rng,
  isUsed: () => boolean,
  onEvent: (event: WireEvent) => void,
): DatagramChild {
  /** Where its datagrams come from, or should. */
  let remote = parent;
  let heardAt = Number.NEGATIVE_INFINITY;
  let echoedAt = Number.NEGATIVE_INFINITY;
  let adusByTcp = 0;
  let wasHeard = false;
  let timer: NodeJS.Timeout | undefined;

  const isRecent = (instant: number): boolean =>
    performance.now() - instant < OVERLAY_LIMITS.datagramSilenceMs;

  const noteChange = (isHeard: boolean): void => {
    if (isHeard === wasHeard) return;
    wasHeard = isHeard;
    if (!isHeard) counters.datagramFallbacks++;
    const what = isHeard ? 'its datagrams arrive' : 'none of its datagrams arrive: back to TCP';
    log[isHeard ? 'debug' : 'warn']({ parent: remote }, what);
  };

  const tell = (): void => {
    const isHeard = isRecent(heardAt);
    noteChange(isHeard);
    datagrams.send(encodeBeat(token, adusByTcp, isHeard), remote);
  };

  const beat = (): void => {
    if (isUsed()) tell();
    else wasHeard = false;
    timer = setTimeout(beat, OVERLAY_LIMITS.beatMs * (0.9 + 0.2 * rng.unit()));
  };

  const handle = (datagram: Datagram, from: Remote): void => {
    if (datagram.kind === 'beat') return;
    const isFirst = !isRecent(heardAt);
    heardAt = performance.now();
    remote = from;
    if (datagram.kind === 'frames') for (const each of decodeFrames(datagram.frames)) onEvent(each);
    else echoedAt = heardAt;
    // The parent need not wait for the next beat to hear of it.
    if (!isFirst || timer === undefined) return;
    clearTimeout(timer);
    beat();
  };

  return {
    begin: () => {
      if (timer === undefined && datagrams.register(token, handle)) beat();
    },
    onAduByTcp: () => {
      adusByTcp++;
    },
    send: (frame) => {
      if (!isRecent(echoedAt)) return false;
      datagrams.send(encodeFrames(token, [frame]), remote);
      return true;
    },
    close: () => {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      datagrams.unregister(token);
    },
  };
}
