/**
 * Follows the overlay of a session at a cluster: the server-sent events of its front end, as lines of
 * api/overlay-map/overlay-record.ts. When they break off they are asked for again; what has become of SCXs
 * meanwhile is told by the next ones.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  overlayPath,
  parseRecordLine,
  RECORD_LINE_MAX,
  type RecordLine,
} from '../../api/overlay-map/overlay-record.js';
import { requestFailure } from '../../http/client/plain-request.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { askForStream, type Credentials } from './ask-front-end.js';

export interface OverlayFollowing {
  /** `http://HOST:PORT`, without a slash at the end. */
  readonly cluster: string;
  /** `CREATOR/SESSION`. */
  readonly path: string;
  readonly credentials: Credentials;
  onLine(line: RecordLine): void;
  /** The events have broken off. */
  onLost(reason: string): void;
  readonly signal: AbortSignal;
}

/** The wait before the events are asked for again, ms. */
const RETRY_MS = 1000;

/** Cuts text into events; one that is too long is dropped. */
function createReader(onLine: (line: RecordLine) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const events = `${rest}${text}`.split('\n\n');
    rest = (events.pop() ?? '').slice(0, 2 * RECORD_LINE_MAX);
    for (const event of events) {
      const line = event.startsWith('data: ') ? parseRecordLine(event.slice(6)) : undefined;
      if (line !== undefined) onLine(line);
    }
  };
}

async function followOnce(following: OverlayFollowing): Promise<void> {
  const { cluster, path, credentials, signal, onLine } = following;
  const answer = await askForStream({ cluster, path: overlayPath(path), credentials, signal });
  const read = createReader(onLine);
  for await (const text of answer.setEncoding('utf8') as AsyncIterable<string>) read(text);
  throw new UserError(EXIT.unreachable, 'the cluster has ended it');
}

/** Whether another attempt may succeed. */
const mayReturn = (error: unknown): boolean =>
  !(error instanceof UserError) || error.exitCode === EXIT.unreachable;

/**
 * Follows until the signal. Rejects with a UserError when the first attempt fails, or when the cluster
 * says no.
 */
export async function followOverlay(following: OverlayFollowing): Promise<void> {
  const { signal, onLost } = following;
  let hasBegun = false;
  const onLine = (line: RecordLine): void => {
    hasBegun = true;
    following.onLine(line);
  };
  while (!signal.aborted) {
    try {
      await followOnce({ ...following, onLine });
    } catch (error) {
      if (signal.aborted) return;
      if (!hasBegun || !mayReturn(error)) throw error;
      onLost(requestFailure(error));
    }
    await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
