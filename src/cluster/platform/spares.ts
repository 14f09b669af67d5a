/**
 * Spares: SCX processes that are started before anybody needs them. A process takes a fifth of a second
 * to start and to load its program, on a busy machine far longer, and somebody waits for it: a session's
 * first listener, or the players of an SCX that has died. So a launch takes a spare, and the next spare
 * is started a moment later, so that the two do not compete for the processor.
 *
 * A spare belongs to no session: it has no port, no key and no place among the SCXs, and knows nothing
 * of the cluster but the files that all SCXs may use. It ends with the front end that started it.
 * Bounded: `count` processes; one that dies is replaced after a wait that doubles.
 */
import type { Logger } from 'pino';
import { type BackoffRange, backoffMs } from '../../lib/backoff.js';
import type { WaitingScx } from './waiting-scx.js';

/** A spare, for the status. */
export interface Spare {
  readonly pid: number;
  /** Its program is loaded. */
  readonly isReady: boolean;
  /** Its machine; absent on one machine. */
  readonly machine?: string;
}

export interface SparesOptions {
  /** How many are kept. */
  readonly count: number;
  readonly log: Logger;
  /** Starts the process of the spare with this index. */
  start(index: number): Promise<WaitingScx>;
}

/** A process that is no spare any more. */
interface Taken {
  readonly scx: WaitingScx;
  readonly index: number;
}

export interface Spares {
  /** Takes one that lives, one with a loaded program first; undefined: there is none. */
  take(): Taken | undefined;
  /** Those that live. */
  list(): readonly Spare[];
  /** Replaces all, as the program may have changed. */
  renew(): void;
  /** Ends all, and starts no others. */
  close(): void;
}

/** From a launch to the next spare, ms. Guess: by then the SCX has joined its session. */
const REFILL_MS = 500;
/** The wait after a spare that has died. Guess. */
const AGAIN: BackoffRange = { firstMs: 1000, lastMs: 60_000 };
/** One that has lived for that long has not failed, ms. Guess. */
const LIVED_MS = 60_000;

/** One spare after the other, never two at a time. */
function createPost({ log, start }: SparesOptions, index: number) {
  let waiting: WaitingScx | undefined;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  /** Changed by all that makes a start that is in progress obsolete. */
  let turn = 0;

  const fillIn = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void fill(), ms).unref();
  };

  const onFailed = (reason: string): void => {
    if (failures === 0) log.warn({ reason }, 'A spare SCX process has failed; another follows.');
    fillIn(backoffMs(AGAIN, failures++));
  };

  const keep = (started: WaitingScx): void => {
    const since = performance.now();
    waiting = started;
    started.process.once('exit', (code, signal) => {
      if (waiting !== started) return;
      waiting = undefined;
      if (performance.now() - since > LIVED_MS) failures = 0;
      onFailed(`it ended: ${signal ?? `exit code ${code}`}`);
    });
  };

  const fill = async (): Promise<void> => {
    const own = ++turn;
    try {
      const started = await start(index);
      if (own === turn) keep(started);
      else started.end();
    } catch (error) {
      if (own === turn) onFailed(String(error));
    }
  };

  const remove = (): WaitingScx | undefined => {
    const removed = waiting;
    waiting = undefined;
    turn++;
    clearTimeout(timer);
    return removed;
  };

  fillIn(REFILL_MS); // the sessions that are published here are launched first
  return {
    get waiting() {
      return waiting?.isThere ? waiting : undefined;
    },
    take: (): Taken | undefined => {
      failures = 0;
      const scx = remove();
      fillIn(REFILL_MS);
      return scx && { scx, index };
    },
    renew: () => {
      remove()?.end();
      fillIn(0);
    },
    close: () => remove()?.end(),
  };
}

/** Keeps as many spares as wanted; the first one is started a moment later. */
export function createSpares(options: SparesOptions): Spares {
  const posts = Array.from({ length: options.count }, (_, index) => createPost(options, index));
  return {
    take: () => {
      const there = posts.filter(({ waiting }) => waiting !== undefined);
      return (there.find(({ waiting }) => waiting?.isLoaded) ?? there[0])?.take();
    },
    list: () =>
      posts.flatMap(({ waiting }) =>
        waiting === undefined ? [] : [{ pid: waiting.pid, isReady: waiting.isLoaded }],
      ),
    renew: () => {
      for (const post of posts) post.renew();
    },
    close: () => {
      for (const post of posts) post.close();
    },
  };
}
