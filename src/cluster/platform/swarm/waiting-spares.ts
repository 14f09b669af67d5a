/**
 * The spares of the Swarm (api/swarm/spare.ts), as this front end sees them: each has a question open
 * here. Whoever needs an SCX gives one of them its session; that the spare has taken it, and from whom,
 * is known when an SCX joins.
 *
 * Front ends give spares away without asking each other. All take the first one of the same order, so
 * front ends that want the same session at the same instant give it to the same spare.
 *
 * Bounded: WAITING_MAX spares; JOINED_MAX sessions.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Join } from '../../../api/swarm/scx-service.js';
import { type OpenLaunch, SPARE_HOLD_MS, type SpareQuestion } from '../../../api/swarm/spare.js';
import { createBoundedMap } from '../../../lib/bounds/bounded-map.js';
import { createLatch, type Latch } from '../../../runtime/latch.js';

export interface WaitingSpares {
  /** A spare asks. Resolves with its launch, or with undefined after a while. `gone`: it has ended. */
  ask(question: SpareQuestion, gone: Promise<void>): Promise<OpenLaunch | undefined>;
  /**
   * Gives a session to a spare that is on none of these machines. Resolves with whether an SCX of the
   * session has joined, that one or another.
   */
  give(launch: OpenLaunch, avoided: readonly string[]): Promise<boolean>;
  onJoin(join: Pick<Join, 'session' | 'service'>): void;
  /** Whether an SCX of the session has joined a moment ago, and is about to be heard of. */
  isStarting(session: string): boolean;
  /** Those that wait here. */
  list(): readonly SpareQuestion[];
  /** Whether this is the service of a spare, of this image or another one. */
  isSpare(service: string): boolean;
  close(): void;
}

interface Waiting extends SpareQuestion {
  readonly seenAt: number;
  /** Answers its question. */
  readonly answer: (launch: OpenLaunch | undefined) => void;
}

interface Given {
  readonly launch: OpenLaunch;
  readonly isTaken: Latch<boolean>;
}

const WAITING_MAX = 64; // more than `--spare` allows
const JOINED_MAX = 1000;
/** A spare that was given a session joins within that, ms. Guess: a busy machine takes its time. */
const TAKEN_MS = 3000;
/** From joining to the first lease, ms. Guess. */
const STARTING_MS = 4000;
/** A spare that has been answered asks again within that, ms. Guess. */
const AGAIN_MS = 1000;

/** Creates the list; `image`: of this front end. `now` in ms, monotonic. */
export function createWaitingSpares(
  image: string,
  now = (): number => performance.now(),
): WaitingSpares {
  const waiting = createBoundedMap<string, Waiting>(WAITING_MAX);
  const given = new Map<string, Given>(); // by service; bounded by those that wait
  const joined = createBoundedMap<string, number>(JOINED_MAX);
  const askedAt = createBoundedMap<string, number>(WAITING_MAX);

  const isRecent = (at = Number.NEGATIVE_INFINITY): boolean =>
    now() - at < SPARE_HOLD_MS + AGAIN_MS;

  const list = (): readonly Waiting[] =>
    [...waiting.entries()]
      .map(([, spare]) => spare)
      .filter(({ seenAt }) => isRecent(seenAt))
      .toSorted((a, b) => (a.service < b.service ? -1 : 1));

  const forget = (service: string): void => {
    waiting.get(service)?.answer(undefined);
    waiting.delete(service);
  };

  /** The spare has what it was given, or has gone, or does not answer. */
  const settle = (service: string, isTaken: boolean): void => {
    given.get(service)?.isTaken.resolve(isTaken);
    given.delete(service);
  };

  const giveTo = (spare: Waiting, launch: OpenLaunch): Promise<boolean> => {
    const { service } = spare;
    const isTaken = createLatch<boolean>();
    const late = setTimeout(() => {
      forget(service);
      settle(service, false);
    }, TAKEN_MS).unref();
    given.set(service, { launch, isTaken });
    spare.answer(launch);
    return isTaken.promise.finally(() => clearTimeout(late));
  };

  return {
    ask: async (question, gone) => {
      const { service } = question;
      askedAt.set(service, now());
      if (question.image !== image) {
        await Promise.race([gone, pause(SPARE_HOLD_MS, undefined, { ref: false })]);
        return undefined;
      }
      const lost = given.get(service); // it would not ask if it had the answer
      if (lost !== undefined) return lost.launch;
      waiting.get(service)?.answer(undefined);
      const latch = createLatch<OpenLaunch | undefined>();
      const spare: Waiting = { ...question, seenAt: now(), answer: latch.resolve };
      waiting.set(service, spare);
      const held = setTimeout(() => latch.resolve(undefined), SPARE_HOLD_MS).unref();
      void gone.then(() => {
        if (waiting.get(service) !== spare) return;
        forget(service);
        settle(service, false); // it may have been given a session while it ended
      });
      const launch = await latch.promise;
      clearTimeout(held);
      return launch;
    },
    give: async (launch, avoided) => {
      const tried = new Set<string>();
      for (;;) {
        const spare = list().find(
          ({ service, machine }) =>
            !tried.has(service) && !given.has(service) && !avoided.includes(machine),
        );
        if (spare === undefined) return false;
        tried.add(spare.service);
        if (await giveTo(spare, launch)) return true;
      }
    },
    onJoin: ({ session, service }) => {
      joined.set(session, now());
      for (const [at, one] of given) {
        if (one.launch.session === session) settle(at, true);
        else if (at === service) settle(at, false);
      }
      forget(service);
      askedAt.delete(service);
    },
    isStarting: (session) =>
      now() - (joined.get(session) ?? Number.NEGATIVE_INFINITY) < STARTING_MS,
    list,
    isSpare: (service) => isRecent(askedAt.get(service)),
    close: () => {
      for (const { service } of list()) forget(service);
      for (const service of [...given.keys()]) settle(service, false);
    },
  };
}
