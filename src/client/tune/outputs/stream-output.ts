/**
 * Writes to a stream: standard output, a file, the input of a command. A stream that is full holds up the
 * reception, so that the SCX keeps the rest for a while. A reader that has gone (EPIPE) ends it in order.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { createLatch } from '../../../runtime/latch.js';
import { type Output, writeProblem } from './output.js';

/** Bytes that may wait for a reader. Guess: half a second of sound, or one ADU of the longest kind. */
const WAITING_BYTES_MAX = 65_536;

/** Creates an output of payloads, one behind the other. `name` stands in messages. */
export function createStreamOutput(stream: Writable, name: string): Output {
  const ended = createLatch();
  let isGone = false;

  stream.on('error', (error: NodeJS.ErrnoException) => {
    isGone = true;
    if (error.code === 'EPIPE') ended.resolve();
    else ended.reject(writeProblem(name, error));
  });

  /** Resolves when there is room again; undefined while there is. */
  let draining: Promise<unknown> | undefined;

  const drained = async (): Promise<void> => {
    const drain = once(stream, 'drain').catch(() => undefined);
    await Promise.race([drain, ended.promise.catch(() => undefined)]);
    draining = undefined;
  };

  const write = (bytes: Uint8Array): Promise<unknown> | undefined => {
    if (isGone) return undefined;
    stream.write(bytes);
    if (stream.writableLength >= WAITING_BYTES_MAX) draining ??= drained();
    return draining;
  };

  const finish = (): Promise<void> =>
    new Promise((resolve) => {
      stream.once('error', () => resolve());
      stream.end(() => resolve());
    });

  return {
    onFrame: ({ bytes }) => write(bytes),
    onAdu: ({ payload }) => write(payload),
    ended: ended.promise,
    end: async () => {
      if (!isGone) await finish();
      if (isGone) await ended.promise;
    },
  };
}
