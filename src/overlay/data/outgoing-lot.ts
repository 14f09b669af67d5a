/**
 * Joins what the machine forwards to one child. It forwards ADUs one by one; those of one lot leave
 * as one frame, at the end of this event-loop iteration at the latest.
 */
import type { Adu, Lot } from '../../gossamer/core/node.js';
import { assert } from '../../lib/assert.js';
import type { Payloads } from '../../wire/lot-codec.js';

export interface OutgoingLot {
  add(adu: Adu): void;
  /** Sends what waits, because something else is to follow it. */
  flush(): void;
}

/** Creates an empty one; `send` is called with what is sent together. */
export function createOutgoingLot(send: (lot: Lot, payloads: Payloads) => void): OutgoingLot {
  let waiting: { readonly lot: Lot; readonly payloads: (Uint8Array | undefined)[] } | undefined;

  const flush = (): void => {
    if (waiting === undefined) return;
    const { lot, payloads } = waiting;
    waiting = undefined;
    send(lot, payloads);
  };

  const begin = (lot: Lot) => {
    flush();
    process.nextTick(flush);
    return { lot, payloads: Array.from<Uint8Array | undefined>({ length: lot.count }) };
  };

  return {
    add: ({ lot, sequence, payload }) => {
      assert(lot !== undefined, 'an ADU without a lot cannot be forwarded');
      const index = sequence - lot.first;
      const isNext = waiting?.lot === lot && waiting.payloads[index] === undefined;
      if (!isNext) waiting = begin(lot);
      const { payloads } = waiting as { payloads: (Uint8Array | undefined)[] };
      payloads[index] = payload;
      if (!payloads.includes(undefined)) flush();
    },
    flush,
  };
}
