/**
 * The environment of the supervisor machine: timers, the platform that its effects go to and whose
 * exits it hears of, and the promises of the requests that it answers. It decides nothing.
 */
import type { Logger } from 'pino';
import type { Launch } from '../../api/scx-launch.js';
import { drive } from '../../lib/machine.js';
import type { Found, Platform } from '../platform/platform.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type {
  InputOf,
  LaunchOrder,
  Outcome,
  SupervisorEffect,
  SupervisorInput,
} from '../supervisor/supervisor-types.js';

/** A client's request for an SCX. */
export type ScxRequest = Omit<InputOf<'want'>, 'kind' | 'request'>;

export interface SupervisionOptions {
  readonly supervisor: Supervisor;
  readonly platform: Platform;
  /** The platform's list: SCXs that outlived an earlier front end. */
  readonly found: readonly Found[];
  readonly launchOf: (order: LaunchOrder) => Launch;
  readonly log: Logger;
  /** Hears of each effect, for counting. */
  readonly onEffect: (effect: SupervisorEffect) => void;
  /** Ms, monotonic. */
  now(): number;
}

export interface Supervision {
  feed(input: SupervisorInput): void;
  /** Never rejects. */
  want(wanted: ScxRequest): Promise<Outcome>;
  /** Ends all SCXs; resolves when they have ended, or are given up. */
  stopAll(): Promise<void>;
}

/** Creates the list of requests that wait for their answer; bounded by `waitingMax`. */
function createAnswers() {
  const answers = new Map<number, (outcome: Outcome) => void>();
  let count = 0;
  return {
    open: (fulfil: (outcome: Outcome) => void): number => {
      answers.set(count, fulfil);
      return count++;
    },
    settle: (request: number, outcome: Outcome): void => {
      answers.get(request)?.(outcome);
      answers.delete(request);
    },
  };
}

/**
 * Creates timers that can be cleared together; each is earlier than those that were set before it.
 */
function createTimers(now: () => number) {
  const timers = new Set<NodeJS.Timeout>();
  return {
    set: (instant: number, wake: () => void): void => {
      const onTime = (): void => {
        timers.delete(timer);
        wake();
      };
      const timer = setTimeout(onTime, Math.ceil(instant - now()));
      timers.add(timer);
    },
    clear: (): void => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

type Answers = ReturnType<typeof createAnswers>;

/**
 * Creates a function that carries out the supervisor's effects; `feed` is called for launches that
 * fail.
 */
function createPerform(
  { platform, launchOf, log, onEffect }: SupervisionOptions,
  answers: Answers,
  feed: (input: SupervisorInput) => void,
): (effect: SupervisorEffect) => void {
  const launch = async (order: LaunchOrder): Promise<void> => {
    const { id, session, rendezvous } = order;
    try {
      const { pid } = await platform.launch(launchOf(order));
      log.info({ session, id, pid, rendezvous }, 'launched an SCX');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      feed({ kind: 'launchFailed', id, reason });
    }
  };

  return (effect) => {
    onEffect(effect);
    if (effect.kind === 'launch') void launch(effect.order);
    else if (effect.kind === 'stop') platform.stop(effect.id, effect.signal);
    else if (effect.kind === 'release') platform.release(effect.id);
    else if (effect.kind === 'answer') answers.settle(effect.request, effect.outcome);
    else log[effect.level]({ session: effect.session }, effect.message);
  };
}

/** Runs the supervisor, and tells it of the SCXs that were found. */
export function superviseScxs(options: SupervisionOptions): Supervision {
  const { supervisor, platform, log, now } = options;
  const answers = createAnswers();
  const timers = createTimers(now);
  let onEmpty: () => void = () => undefined;

  const noticeEmpty = (): void => {
    if (supervisor.size === 0) onEmpty();
  };
  const wakeAt = (instant: number, wake: () => void): void =>
    timers.set(instant, () => {
      wake();
      noticeEmpty();
    });
  const perform = createPerform(options, answers, (input) => feed(input));
  const feed = drive(supervisor, { now, perform, wakeAt });

  platform.onExit((exit) => {
    log.info({ ...exit }, 'an SCX ended');
    feed({ kind: 'exited', ...exit });
    noticeEmpty();
  });
  for (const found of options.found) {
    log.info({ session: found.session, id: found.id, pid: found.pid }, 'found an SCX');
    feed({ kind: 'found', ...found });
  }

  return {
    feed,
    want: (wanted) =>
      new Promise((fulfil) => feed({ kind: 'want', request: answers.open(fulfil), ...wanted })),
    stopAll: async () => {
      const empty = new Promise<void>((fulfil) => {
        onEmpty = fulfil;
      });
      feed({ kind: 'stopAll' });
      if (supervisor.size > 0) await empty;
      timers.clear();
    },
  };
}
