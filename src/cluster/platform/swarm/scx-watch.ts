/**
 * Notices the end of SCXs on other machines. An SCX holds a connection to each front end, on which it
 * renews its lease. When its process ends, its machine closes that connection at once. A closed
 * connection proves nothing, so the SCX is asked whether it is there: if its port refuses, it has
 * ended. A machine that is cut off closes nothing: its SCXs are silent, and their leases run out.
 */
import type { Socket } from 'node:net';
import type { ScxStatus } from '../../../api/scx-status.js';
import { readText, sendRequest } from '../../../http/client/plain-request.js';

export interface ScxWatch {
  /** An SCX has renewed its lease over this connection. */
  onLease(status: ScxStatus, connection: Socket): void;
  /** Whether an SCX answers. Never rejects. */
  answers(httpUrl: string): Promise<boolean>;
  close(): void;
}

/** Guess: an SCX answers within a few ms; a busy machine takes longer. */
const ANSWER_MS = 2000;
const ANSWER_BYTES_MAX = 4096;

/** Creates a watch. `onEnd` is called for an SCX whose port answers no more. */
export function createScxWatch(onEnd: (id: string) => void): ScxWatch {
  const watched = new WeakSet<Socket>();
  let isClosed = false;

  const answers = async (httpUrl: string): Promise<boolean> => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const url = new URL('/healthz', httpUrl);
    try {
      const answer = await sendRequest({ url, headers: { connection: 'close' }, signal });
      await readText(answer, ANSWER_BYTES_MAX);
      return true;
    } catch {
      return false;
    }
  };

  const look = async ({ id, httpUrl }: ScxStatus): Promise<void> => {
    if (isClosed || (await answers(httpUrl)) || isClosed) return;
    onEnd(id);
  };

  return {
    onLease: (status, connection) => {
      if (watched.has(connection)) return;
      watched.add(connection);
      connection.once('close', () => void look(status));
    },
    answers,
    close: () => {
      isClosed = true;
    },
  };
}
