/**
 * A group of receivers around one SCX, with loss that each receiver has for itself, for the machines that
 * repair it: recovery.ts and repairs.ts, as they run in production.
 */
import { createEventQueue } from '../../src/lib/event-queue.js';
import { drive } from '../../src/lib/machine.js';
import { createRng } from '../../src/lib/rng.js';
import {
  createRecovery,
  type RecoveryEffect,
  type RecoveryInput,
} from '../../src/multicast/recovery.js';
import { createRepairs } from '../../src/multicast/repairs.js';

export interface GroupOptions {
  readonly receivers: number;
  /** Of each datagram, at each receiver and at the SCX. */
  readonly loss: number;
  readonly forMs: number;
  readonly seed: number;
  /** The SCX's repairs stop. */
  readonly isMute?: boolean;
}

const CHANNEL = 1;
const LOT_MS = 130;
const STATE_MS = 200;
/** A lot of five frames goes in two datagrams. */
const DATAGRAMS = [3, 2] as const;
/** When the receivers have been moved to the group, ms. */
const BEGIN_MS = 2000;

/** What has happened; frames are counted at each receiver. */
export function simulateGroup({ receivers: count, loss, forMs, seed, isMute }: GroupOptions) {
  const rng = createRng(seed);
  const network = rng.fork('network');
  const queue = createEventQueue<() => void>();
  let now = 0;
  const at = (instant: number, run: () => void): void => {
    queue.push(instant, run);
  };
  const delay = (): number => 0.2 + 2 * network.unit();
  const isLost = (): boolean => network.unit() < loss;
  const repairs = createRepairs();
  const figures = { sent: 0, asks: 0, repaired: 0, left: 0, delivered: 0, disorders: 0, joins: 0 };

  const receivers = Array.from({ length: count }, (_, index) => {
    const machine = createRecovery<number>(rng.fork(`receiver ${index}`));
    let next: number | undefined;
    const perform = (effect: RecoveryEffect<number>): void => {
      if (effect.kind === 'ask') onAsk(index, effect.ranges);
      if (effect.kind === 'leave') {
        figures.left++;
        next = undefined;
      }
      if (effect.kind === 'join') {
        figures.joins++;
        at(now + delay(), () =>
          feed({ kind: 'begin', places: [{ channel: CHANNEL, place: figures.sent }] }),
        );
      }
      if (effect.kind !== 'deliver') return;
      for (const item of effect.items) {
        if (next !== undefined && item !== next) figures.disorders++;
        next = item + 1;
        figures.delivered++;
      }
    };
    const wakeAt = (instant: number, wake: () => void): void => at(Math.max(instant, now), wake);
    const feed = drive(machine, { now: () => now, perform, wakeAt });
    return { machine, feed };
  });

  const toAll = (input: RecoveryInput<number>, except = -1): void => {
    for (const [index, { feed }] of receivers.entries()) {
      if (index !== except && !isLost()) at(now + delay(), () => feed(input));
    }
  };

  const items = (place: number, length: number): RecoveryInput<number> => ({
    ...{ kind: 'items', channel: CHANNEL, place },
    items: Array.from({ length }, (_, index) => place + index),
  });

  const onAsk = (index: number, ranges: Parameters<typeof repairs.placesFor>[0]): void => {
    figures.asks++;
    toAll({ kind: 'asked', ranges }, index);
    if (isLost() || isMute === true) return;
    at(now + delay(), () => {
      if (!repairs.admits(`${index}`, now)) return;
      for (const { place } of repairs.placesFor(
        ranges,
        ({ place: one }) => one < figures.sent,
        now,
      )) {
        figures.repaired++;
        toAll(items(place, 1));
      }
    });
  };

  for (let instant = BEGIN_MS; instant < forMs; instant += LOT_MS) {
    at(instant, () => {
      for (const length of DATAGRAMS) {
        toAll(items(figures.sent, length));
        figures.sent += length;
      }
    });
  }
  for (let instant = 0; instant < forMs; instant += STATE_MS) {
    at(instant, () => {
      const ends = [{ channel: CHANNEL, place: figures.sent }];
      toAll({ kind: 'state', receivers: count, ends });
    });
  }
  for (;;) {
    const instant = queue.next();
    const run = queue.pop();
    if (run === undefined || instant > forMs) break;
    now = instant;
    run();
  }
  const modes = receivers.map(({ machine }) => machine.mode());
  return { ...figures, modes, refused: repairs.counters.refused };
}
