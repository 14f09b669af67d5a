/**
 * Counts control messages and bytes, as `wire` would frame them. Messages over data connections,
 * such as SUBSCRIBE, count as well; ADUs do not. Not counted either are the HELLO of each
 * connection and the headers of TCP and IP.
 */
import type { Effect } from '../../gossamer/core/effects.js';
import type { Message } from '../../gossamer/core/message.js';
import { dataMessageBytes, messageBytes } from '../../wire/encoder.js';
import type { Observer } from '../world/world.js';

export interface TrafficTotals {
  readonly messages: number;
  readonly bytes: number;
}

export interface ControlTraffic extends Observer {
  readonly total: TrafficTotals;
  /** The bytes that each SCX has sent since the last call. */
  takeBytesByScx(): readonly number[];
  /** Messages and bytes by kind of message. */
  readonly byKind: ReadonlyMap<string, TrafficTotals>;
  /** By SCX: the most bytes that it has sent within one second of the simulated time. */
  worstSeconds(): readonly number[];
}

/** Creates a record of the bytes that each SCX sends within a second. */
function createWorstSeconds() {
  const worst: number[] = [];
  let current: number[] = [];
  let second = 0;
  const close = (): void => {
    for (const [scx, bytes = 0] of current.entries()) {
      worst[scx] = Math.max(worst[scx] ?? 0, bytes);
    }
    current = [];
  };
  return {
    add: (scx: number, bytes: number, now: number): void => {
      if (now >= second + 1000) {
        close();
        second = now - (now % 1000);
      }
      current[scx] = (current[scx] ?? 0) + bytes;
    },
    read: (): readonly number[] => {
      close();
      return Array.from(worst, (bytes = 0) => bytes);
    },
  };
}

/**
 * Creates counters, all zero.
 * @param bytesOf the bytes of a control message; undefined: it carries an ADU
 */
export function createControlTraffic(
  bytesOf: (message: Message) => number | undefined = messageBytes,
): ControlTraffic {
  const total = { messages: 0, bytes: 0 };
  const byKind = new Map<string, { messages: number; bytes: number }>();
  const seconds = createWorstSeconds();
  let bytesByScx: number[] = [];

  const count = (scx: number, kind: string, bytes: number, now: number): void => {
    const ofKind = byKind.get(kind) ?? { messages: 0, bytes: 0 };
    byKind.set(kind, ofKind);
    for (const sum of [total, ofKind]) {
      sum.messages++;
      sum.bytes += bytes;
    }
    bytesByScx[scx] = (bytesByScx[scx] ?? 0) + bytes;
    seconds.add(scx, bytes, now);
  };

  return {
    total,
    byKind,
    worstSeconds: seconds.read,
    takeBytesByScx: () => {
      const taken = bytesByScx;
      bytesByScx = [];
      return taken;
    },
    onEffect: ({ index }, effect: Effect, now) => {
      if (effect.kind === 'send') {
        const bytes = bytesOf(effect.message);
        if (bytes !== undefined) count(index, effect.message.kind, bytes, now);
      } else if (effect.kind === 'sendData') {
        const { body } = effect.message;
        count(index, body.kind, dataMessageBytes(body), now);
      }
    },
  };
}
