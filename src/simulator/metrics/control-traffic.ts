/**
 * Counts control messages and bytes, as `wire` would frame them. Messages over data connections,
 * such as SUBSCRIBE, count as well; ADUs do not. Not counted either are the HELLO of each
 * connection and the headers of TCP and IP.
 */
import type { Effect } from '../../gossamer/core/effects.js';
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
}

/** Creates counters, all zero. */
export function createControlTraffic(): ControlTraffic {
  const total = { messages: 0, bytes: 0 };
  const byKind = new Map<string, { messages: number; bytes: number }>();
  let bytesByScx: number[] = [];

  const count = (scx: number, kind: string, bytes: number): void => {
    const ofKind = byKind.get(kind) ?? { messages: 0, bytes: 0 };
    byKind.set(kind, ofKind);
    for (const sum of [total, ofKind]) {
      sum.messages++;
      sum.bytes += bytes;
    }
    bytesByScx[scx] = (bytesByScx[scx] ?? 0) + bytes;
  };

  return {
    total,
    byKind,
    takeBytesByScx: () => {
      const taken = bytesByScx;
      bytesByScx = [];
      return taken;
    },
    onEffect: ({ index }, effect: Effect) => {
      if (effect.kind === 'send') {
        count(index, effect.message.kind, messageBytes(effect.message));
      } else if (effect.kind === 'sendData') {
        const { body } = effect.message;
        count(index, body.kind, dataMessageBytes(body));
      }
    },
  };
}
