/**
 * The operator's listener hook, as Icecast's URL authentication has it (icecast/listener-hook.ts): a
 * server that is asked before a listener hears anything, and told when listeners and sources end.
 * The stream waits for none of that. A hook that is silent, broken or too busy decides nothing: then
 * its configuration says whether a listener is let in.
 *
 * What the hook is told is sent once, in the order of events for sources; what it does not take is
 * counted and forgotten. Its URL may hold a secret, so no log shows it.
 *
 * The operator may give another hook, or none, while the SCX runs (lease-terms.ts).
 *
 * Bounded: questions and events that are under way and that wait, each for ANSWER_MS at most.
 */
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Launch } from '../../api/scx-launch.js';
import { requestFailure, sendRequest } from '../../http/client/plain-request.js';
import {
  type HookEvent,
  type HookedListener,
  type HookVerdict,
  hookForm,
  hookVerdict,
} from '../../icecast/listener-hook.js';
import { createLatch } from '../../runtime/latch.js';
import { createWorkQueue, type WorkQueue } from '../../runtime/work-queue.js';

/** The counters for `GET /metrics`. */
export interface HookCounters {
  /** Listeners about whom the hook was to be asked. */
  asked: number;
  denied: number;
  /** Questions without an answer in time. */
  failed: number;
  /** Ends of listeners, beginnings and ends of sources that the hook did not take. */
  lost: number;
}

type Settings = NonNullable<Launch['listenerHook']>;

/** A hook. */
export interface ListenerHook {
  /** Whether there is one; if not, everybody may listen, and nobody is told anything. */
  readonly isSet: boolean;
  /** From now on this hook is asked and told; undefined: none. */
  set(settings: Settings | undefined): void;
  /** Asks whether a listener may come in. Never rejects; `failed` only if that means to refuse. */
  ask(listener: HookedListener): Promise<HookVerdict>;
  /** A listener that was admitted has ended, after so many ms. */
  onLeft(listener: HookedListener, durationMs: number): void;
  /** Whether the mount has a source here; call it as often as you like. */
  onSources(isFed: boolean): void;
  /** Ends the mount, and gives what was not sent yet a moment. */
  close(): Promise<void>;
  readonly counters: Readonly<HookCounters>;
}

export interface ListenerHookOptions {
  /** Undefined: none yet. */
  readonly settings: Settings | undefined;
  readonly launch: Pick<Launch, 'advertiseHost' | 'httpPort'>;
  /** The session's mount. */
  readonly mount: string;
  readonly log: Logger;
}

/** Until the answer has come, ms. Guess: players wait about ten seconds. */
const ANSWER_MS = 5000;
/** Time for the last events, ms. Guess. */
const FLUSH_MS = 100;
/** Guesses: a thousand players that reconnect at once; events of a full SCX that ends. */
const QUESTIONS = { parallel: 64, waitingMax: 4096 } as const;
const REMOVALS = { parallel: 16, waitingMax: 10_000 } as const;
/** One after the other: their order matters. */
const MOUNTS = { parallel: 1, waitingMax: 16 } as const;

const HEADERS = {
  'content-type': 'application/x-www-form-urlencoded',
  'user-agent': 'scattercast',
};
const FAILED: HookVerdict = { kind: 'failed' };
const ADMITTED: HookVerdict = { kind: 'admitted', limitMs: undefined };

/** Logs when the hook begins to fail, and when it answers again. */
function createHealth(log: Logger): (problem: string | undefined) => void {
  let isFailing = false;
  return (problem) => {
    if (isFailing === (problem !== undefined)) return;
    isFailing = problem !== undefined;
    if (isFailing) log.warn({ problem }, 'The listener hook does not answer.');
    else log.info('The listener hook answers again.');
  };
}

/** Creates a function that sends an event, and calls back once with what was answered. */
function createExchange({ launch, log }: ListenerHookOptions) {
  const server = { host: launch.advertiseHost, port: launch.httpPort };
  const report = createHealth(log);
  return async (
    url: URL,
    event: HookEvent,
    signal: AbortSignal,
    onVerdict: (verdict: HookVerdict) => void,
  ): Promise<void> => {
    const body = hookForm(event, server);
    try {
      const answer = await sendRequest({ url, method: 'POST', headers: HEADERS, body, signal });
      const status = answer.statusCode ?? 0;
      report(status >= 500 ? `HTTP status ${status}` : undefined);
      const verdict = hookVerdict(status, answer.headers);
      const reason = verdict.kind === 'denied' ? verdict.message : undefined;
      if (reason !== undefined) log.info({ reason }, 'The listener hook denies a listener.');
      onVerdict(verdict);
      // To its end: a script whose client is gone may be stopped in the middle.
      await finished(answer.resume()).catch(() => undefined);
    } catch (error) {
      report(signal.aborted ? `no answer within ${ANSWER_MS / 1000} s` : requestFailure(error));
      onVerdict(FAILED);
    }
  };
}

/** Creates the clocks of questions and events; all of them can be stopped early. */
function createDeadlines() {
  const open = new Set<AbortController>();
  return {
    start: () => {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), ANSWER_MS);
      open.add(controller);
      const stop = (): void => {
        clearTimeout(timer);
        open.delete(controller);
      };
      return { signal: controller.signal, stop };
    },
    abortAll: (): void => {
      for (const controller of open) controller.abort();
    },
  };
}

/** Creates a hook that has been told nothing yet. */
export function createListenerHook(options: ListenerHookOptions): ListenerHook {
  const { mount } = options;
  let { settings } = options;
  const counters: HookCounters = { asked: 0, denied: 0, failed: 0, lost: 0 };
  const exchange = createExchange(options);
  const deadlines = createDeadlines();
  const questions = createWorkQueue(QUESTIONS);
  const removals = createWorkQueue(REMOVALS);
  const mounts = createWorkQueue(MOUNTS);
  let isFed = false;
  let isClosed = false;

  const tell = (queue: WorkQueue, event: HookEvent): void => {
    if (settings === undefined) return;
    const url = new URL(settings.url);
    const isTaken = queue.add(async () => {
      if (isClosed) return void counters.lost++;
      const { signal, stop } = deadlines.start();
      await exchange(url, event, signal, ({ kind }) => {
        if (kind === 'failed') counters.lost++;
      });
      stop();
    });
    if (!isTaken) counters.lost++;
  };

  /** The time runs from now on, also while the question waits for its turn. */
  const verdictOn = async (url: URL, listener: HookedListener): Promise<HookVerdict> => {
    const verdict = createLatch<HookVerdict>();
    const { signal, stop } = deadlines.start();
    signal.addEventListener('abort', () => verdict.resolve(FAILED));
    const isTaken = questions.add(async () => {
      const event = { action: 'listener_add', listener } as const;
      if (!signal.aborted) await exchange(url, event, signal, verdict.resolve);
      stop();
    });
    if (!isTaken) stop();
    return isTaken ? verdict.promise : FAILED;
  };

  const onSources = (isNowFed: boolean): void => {
    if (isNowFed === isFed) return;
    isFed = isNowFed && settings !== undefined; // a later hook is told of it, too
    if (isFed !== isNowFed) return;
    tell(mounts, { action: isFed ? 'mount_add' : 'mount_remove', mount });
  };

  const set = (given: Settings | undefined): void => {
    if (given?.url !== settings?.url) onSources(false); // to the one before; then to this one
    settings = given;
  };

  return {
    get isSet() {
      return settings !== undefined;
    },
    set,
    ask: async (listener) => {
      if (settings === undefined) return ADMITTED;
      const { url, onFailure } = settings;
      counters.asked++;
      const verdict = await verdictOn(new URL(url), listener);
      if (verdict.kind === 'denied') counters.denied++;
      if (verdict.kind !== 'failed') return verdict;
      counters.failed++;
      return onFailure === 'allow' ? ADMITTED : verdict;
    },
    onLeft: (listener, durationMs) => {
      const durationS = Math.max(0, Math.floor(durationMs / 1000));
      tell(removals, { action: 'listener_remove', listener, durationS });
    },
    onSources,
    close: async () => {
      onSources(false);
      const sent = Promise.all([mounts.drained(), removals.drained()]);
      await Promise.race([sent, pause(FLUSH_MS, undefined, { ref: false })]);
      isClosed = true;
      deadlines.abortAll();
    },
    counters,
  };
}
