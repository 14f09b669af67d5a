/**
 * The parent's end of a data connection whose channel is announced as UDP. ADUs leave as datagrams
 * while the child's beats say that they arrive; what leaves in one turn shares a datagram. Until then,
 * and when beats stay away, ADUs leave over TCP, and so do those that fit into no datagram.
 *
 * So does what a child is sent at once when it subscribes: seconds of audio would overrun any network.
 * When a beat says that nearly all of it has come, datagrams follow, and overtake next to nothing.
 */
import {
  DATAGRAM_BYTES_MAX,
  DATAGRAM_HEADER_BYTES,
  type Datagram,
  type DatagramToken,
  encodeEcho,
  encodeFrames,
} from '../../wire/datagram.js';
import { decodeFrames, type WireEvent } from '../../wire/decoder.js';
import type { Datagrams, Remote } from '../sockets/datagrams.js';
import { OVERLAY_LIMITS } from '../sockets/limits.js';

export interface DatagramParent {
  /** False: it must go over TCP. */
  forward(frame: Uint8Array): boolean;
  onAduByTcp(): void;
  /** What follows comes in bulk. */
  becomeBulky(): void;
  close(): void;
}

/** Both count to 2^32 and begin anew. */
const behind = (sent: number, had: number): number => (sent - had + 2 ** 32) % 2 ** 32;

/** `onEvent` hears what the child's datagrams hold. Undefined: the token is taken. */
export function createDatagramParent(
  datagrams: Datagrams,
  token: DatagramToken,
  onEvent: (event: WireEvent) => void,
): DatagramParent | undefined {
  let remote: Remote | undefined;
  let beatAt = Number.NEGATIVE_INFINITY;
  let adusByTcp = 0;
  let mayUse = false;
  /** Bounded by DATAGRAM_BYTES_MAX. */
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;

  const flush = (): void => {
    if (waiting.length === 0 || remote === undefined) return;
    datagrams.send(encodeFrames(token, waiting), remote);
    waiting = [];
    waitingBytes = 0;
  };

  const put = (frame: Uint8Array): void => {
    if (DATAGRAM_HEADER_BYTES + waitingBytes + frame.length > DATAGRAM_BYTES_MAX) flush();
    if (waiting.length === 0) process.nextTick(flush);
    waiting.push(frame);
    waitingBytes += frame.length;
  };

  const handle = (datagram: Datagram, from: Remote): void => {
    if (datagram.kind === 'frames') {
      for (const event of decodeFrames(datagram.frames)) onEvent(event);
    } else if (datagram.kind === 'beat') {
      remote = from;
      beatAt = performance.now();
      const isBehind = behind(adusByTcp, datagram.adusByTcp) > OVERLAY_LIMITS.overtakenMax;
      mayUse = datagram.isHeard && (mayUse || !isBehind);
      datagrams.send(encodeEcho(token), from);
    }
  };

  if (!datagrams.register(token, handle)) return undefined;
  return {
    forward: (frame) => {
      const isAlive = performance.now() - beatAt < OVERLAY_LIMITS.datagramSilenceMs;
      const fits = DATAGRAM_HEADER_BYTES + frame.length <= DATAGRAM_BYTES_MAX;
      if (!mayUse || !isAlive || !fits) return false;
      put(frame);
      return true;
    },
    onAduByTcp: () => {
      adusByTcp = (adusByTcp + 1) % 2 ** 32;
    },
    becomeBulky: () => {
      mayUse = false;
    },
    close: () => datagrams.unregister(token),
  };
}
