/**
 * Notices the end of SCXs on other machines. An SCX holds a connection to each front end, on which it
 * renews its lease. When its process ends, its machine closes that connection at once. A closed
 * connection proves nothing, so the SCX is asked whether it is there: if its port refuses, it has
 * ended. If nothing answers, its machine may be busy, or cut off: then its lease runs out.
 */
import type { Socket } from 'node:net';
import type { ScxStatus } from '../../../api/scx-status.js';
import { readText, requestFailure, sendRequest } from '../../../http/client/plain-request.js';

export interface ScxWatch {
  /** An SCX has renewed its lease over this connection. */
  onLease(status: ScxStatus, connection: Socket): void;
  /** How an SCX answers; `refused`: nothing listens at its port. Never rejects. */
  ask(httpUrl: string): Promise<'answers' | 'refused' | 'silent'>;
  close(): void;
}

/** Guess: an SCX answers within a few ms; a busy machine takes longer. */
const ANSWER_MS = 2000;
const ANSWER_BYTES_MAX = 4096;

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
    if (!isClosed && (await ask(httpUrl)) === 'refused' && !isClosed) onEnd(id);
  };

  return {
    onLease: (status, connection) => {
      if (watched.has(connection)) return;
      watched.add(connection);
      connection.once('close', () => void look(status));
    },
    ask,
    close: () => {
      isClosed = true;
    },
  };
}
