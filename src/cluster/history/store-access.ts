/**
 * The thread with the store, as the front end uses it: one order after the other, each answered within
 * ANSWER_MS. A thread that ends is started anew with the next order, not more often than each RESTART_MS.
 *
 * Bounded: WAITING_MAX orders that wait.
 */
import { setFlagsFromString } from 'node:v8';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../runtime/thread.js';
import type { StoreAnswer, StoreOrder, StorePlace } from './store-order.js';

export interface StoreAccess {
  /** Resolves to the answer; a disk that hangs, or a thread that ends, is answered with the reason. */
  ask(order: StoreOrder): Promise<StoreAnswer>;
  /** Whether there is anything to be closed. */
  readonly isStarted: boolean;
  close(): Promise<void>;
}

const WAITING_MAX = 64;
const RESTART_MS = 10_000;
/** Guess: reading a month of a thousand sessions takes seconds. */
const ANSWER_MS = 20_000;
/** A cluster ends within 3 s. */
const CLOSE_MS = 1500;
/** Heap of the thread besides that of SQLite, MiB. A small young generation saves 15 MB. */
const HEAP = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4 } as const;

/**
 * SQLite's program is compiled once, by the compiler that needs little memory: the other one leaves 45 MB behind, for
 * charts that are read in two thirds of the time (`npm run bench -- history`). V8 has no such option for a thread.
 */
const COMPILE_LEAN = '--liftoff-only';

const failed = (reason: string): StoreAnswer => ({ ok: false, reason });

interface Waiting {
  readonly settle: (answer: StoreAnswer) => void;
  readonly timer: NodeJS.Timeout;
}

/** Creates the access; the thread is started with the first order. */
export function createStoreAccess(place: StorePlace): StoreAccess {
  let worker: Worker | undefined;
  let startedAt = Number.NEGATIVE_INFINITY;
  let waiting: Waiting[] = [];

  const settleAll = (reason: string): void => {
    const all = waiting;
    waiting = [];
    for (const { settle, timer } of all) {
      clearTimeout(timer);
      settle(failed(reason));
    }
  };

  const onEnd = (ended: Worker, reason: string): void => {
    if (ended !== worker) return;
    worker = undefined;
    settleAll(reason);
  };

  const start = (): Worker | undefined => {
    if (worker !== undefined) return worker;
    if (performance.now() - startedAt < RESTART_MS) return undefined;
    startedAt = performance.now();
    setFlagsFromString(COMPILE_LEAN);
    let started: Worker;
    try {
      started = startThread('cluster/history/store-thread', {
        ...{ workerData: place, resourceLimits: HEAP },
      });
    } catch {
      return undefined; // there is not enough memory for a thread now
    }
    started.unref();
    started.on('message', (answer: StoreAnswer) => {
      if (started !== worker) return;
      const first = waiting.shift();
      clearTimeout(first?.timer);
      first?.settle(answer);
    });
    started.on('error', (error) =>
      onEnd(started, `the thread of the history has failed: ${error}`),
    );
    started.on('exit', () => onEnd(started, 'the thread of the history has ended'));
    worker = started;
    return started;
  };

  /** What hangs may hang for ever: the thread is given up, and another one tries again later. */
  const giveUp = (): void => {
    void worker?.terminate();
    worker = undefined;
    settleAll('the disk does not answer');
  };

  const ask = (order: StoreOrder, withinMs = ANSWER_MS): Promise<StoreAnswer> => {
    if (waiting.length >= WAITING_MAX)
      return Promise.resolve(failed('too much waits for the disk'));
    const thread = start();
    if (thread === undefined) return Promise.resolve(failed('the history has ended a moment ago'));
    return new Promise((settle) => {
      const timer = setTimeout(giveUp, withinMs);
      timer.unref();
      waiting.push({ settle, timer });
      thread.postMessage(order);
    });
  };

  return {
    ask: (order) => ask(order),
    get isStarted() {
      return worker !== undefined;
    },
    close: async () => {
      if (worker === undefined) return;
      await ask({ kind: 'close' }, CLOSE_MS);
      void worker?.terminate();
      worker = undefined;
    },
  };
}
