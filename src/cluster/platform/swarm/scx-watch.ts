/**
 * Notices the end of SCXs on other machines. An SCX holds a connection to each front end, on which it
 * renews its lease. When its process ends, its machine closes that connection at once. A closed
 * connection proves nothing, so the SCX is asked whether it is there: if its port refuses, it has
 * ended. A process that is about to end may have closed one socket and not the other yet, and what it
 * is asked gets lost: so it is asked again, until it answers or its port refuses. If nothing does, its
 * machine may be busy, or cut off: then its lease runs out.
 */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ScxStatus } from '../../../api/scx-status.js';
import { readText, requestFailure, sendRequest } from '../../../http/client/plain-request.js';
import { type BackoffRange, backoffMs } from '../../../lib/backoff.js';

export interface ScxWatch {
  /** An SCX has renewed its lease over this connection. */
  onLease(status: ScxStatus, connection: Socket): void;
  /** How an SCX answers; `refused`: nothing listens at its port. Never rejects. */
  ask(httpUrl: string): Promise<'answers' | 'refused' | 'silent'>;
  /** Whether more than half of these answer. Resolves as soon as that is known. */
  isMajority(httpUrls: readonly string[]): Promise<boolean>;
  close(): void;
}

/** Guess: an SCX answers within a few ms; a busy machine takes longer. */
const ANSWER_MS = 2000;
const ANSWER_BYTES_MAX = 4096;
/** Between two questions, and how many there are: about as long as a lease holds. Guesses. */
const AGAIN: BackoffRange = { firstMs: 20, lastMs: 500 };
const QUESTIONS_MAX = 10;

/** Creates a watch. `onEnd` is called for an SCX whose port answers no more. */
export function createScxWatch(onEnd: (id: string) => void): ScxWatch {
  const watched = new WeakSet<Socket>();
  let isClosed = false;

  const ask: ScxWatch['ask'] = async (httpUrl) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const url = new URL('/healthz', httpUrl);
    try {
      const answer = await sendRequest({ url, headers: { connection: 'close' }, signal });
      await readText(answer, ANSWER_BYTES_MAX);
      return 'answers';
    } catch (error) {
      return requestFailure(error) === 'ECONNREFUSED' ? 'refused' : 'silent';
    }
  };

  const look = async ({ id, httpUrl }: ScxStatus): Promise<void> => {
    for (let questions = 0; questions < QUESTIONS_MAX && !isClosed; questions++) {
      const answer = await ask(httpUrl);
      if (answer === 'refused' && !isClosed) onEnd(id);
      if (answer !== 'silent') return;
      await pause(backoffMs(AGAIN, questions), undefined, { ref: false });
    }
  };

  return {
    onLease: (status, connection) => {
      if (watched.has(connection)) return;
      watched.add(connection);
      connection.once('close', () => void look(status));
    },
    ask,
    isMajority: (urls) =>
      new Promise((resolve) => {
        let answers = 0;
        const asked = urls.map(async (url) => {
          if ((await ask(url)) === 'answers') answers++;
          if (answers > urls.length / 2) resolve(true);
        });
        void Promise.all(asked).then(() => resolve(false));
      }),
    close: () => {
      isClosed = true;
    },
  };
}
