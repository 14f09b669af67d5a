/**
 * One end of a link of a shared tree. Each direction numbers its packets for itself, whoever sent them,
 * so a loss is seen and repaired between the two ends of the link where it happened: nobody else
 * hears of it, and the state does not grow with the senders.
 */
import { assert } from '../../lib/assert.js';
import type { Adu } from '../core/node.js';

/** Packets that are kept for repairs, and lost ones that are asked for, at most. Guess. */
const SENT_MAX = 256;
const MISSING_MAX = 256;

/** After the last packet the head is told so many times, at first after this, ms. Guess. */
const HEADS = 3;
const HEAD_MS = 200;

/** A repair that did not come is asked for again after this, ms, so many times at most. Guess. */
const ASK_AGAIN_MS = 1000;
const ASKED_MAX = 5;

/** What an end says to the other one. */
export type LinkMessage =
  | { readonly kind: 'treePacket'; readonly number: number; readonly adu: Adu }
  | { readonly kind: 'treeHead'; readonly next: number }
  | { readonly kind: 'treeNack'; readonly from: number; readonly count: number };

interface Missing {
  askAt: number;
  asked: number;
}

export interface TreeLink {
  send(adu: Adu, now: number): void;
  /** Returns the packet, if it is news on this link. */
  receive(message: LinkMessage, now: number): Adu | undefined;
  tick(now: number): void;
  deadline(): number;
}

/** Creates an end over which nothing has been sent. */
export function createTreeLink(tell: (message: LinkMessage) => void): TreeLink {
  /** Bounded by SENT_MAX. */
  const sent = new Map<number, Adu>();
  /** Bounded by MISSING_MAX. */
  const missing = new Map<number, Missing>();
  let next = 0;
  let expected = 0;
  let headAt = Number.POSITIVE_INFINITY;
  let heads = 0;

  const expect = (upTo: number, now: number): void => {
    // What is further back than all that may be kept is not to be had again.
    for (let number = Math.max(expected, upTo - MISSING_MAX); number < upTo; number++) {
      missing.set(number, { askAt: now, asked: 0 });
      if (missing.size > MISSING_MAX) missing.delete(missing.keys().next().value as number);
    }
    expected = Math.max(expected, upTo);
  };

  /** Asks for what is due: one NACK for each gap. */
  const ask = (now: number): void => {
    let [from, count] = [-1, 0];
    const flush = (): void => {
      if (count > 0) tell({ kind: 'treeNack', from, count });
    };
    for (const [number, lost] of missing) {
      if (lost.askAt > now) continue;
      if (lost.asked >= ASKED_MAX) {
        missing.delete(number);
        continue;
      }
      lost.asked++;
      lost.askAt = now + ASK_AGAIN_MS;
      if (count > 0 && number === from + count) count++;
      else {
        flush();
        [from, count] = [number, 1];
      }
    }
    flush();
  };

  const onPacket = (number: number, adu: Adu, now: number): Adu | undefined => {
    const isNews = number >= expected || missing.delete(number);
    if (number >= expected) {
      expect(number, now);
      expected = number + 1;
      ask(now);
    }
    return isNews ? adu : undefined;
  };

  const onNack = (from: number, count: number): void => {
    for (let number = from; number < from + Math.min(count, SENT_MAX); number++) {
      const adu = sent.get(number);
      if (adu !== undefined) tell({ kind: 'treePacket', number, adu });
    }
  };

  return {
    send: (adu, now) => {
      const number = next++;
      sent.set(number, adu);
      sent.delete(number - SENT_MAX);
      heads = 0;
      headAt = now + HEAD_MS;
      tell({ kind: 'treePacket', number, adu });
    },
    receive: (message, now) => {
      if (message.kind === 'treePacket') return onPacket(message.number, message.adu, now);
      if (message.kind === 'treeNack') onNack(message.from, message.count);
      else {
        expect(message.next, now);
        ask(now);
      }
      return undefined;
    },
    tick: (now) => {
      ask(now);
      if (headAt > now) return;
      assert(heads < HEADS, 'heads are told a few times');
      tell({ kind: 'treeHead', next });
      heads++;
      headAt = heads < HEADS ? now + HEAD_MS * 2 ** heads : Number.POSITIVE_INFINITY;
    },
    deadline: () => {
      let earliest = headAt;
      for (const { askAt } of missing.values()) earliest = Math.min(earliest, askAt);
      return earliest;
    },
  };
}
