/**
 * What a listener got, held against what was broadcast: frame by frame, by content. The bytes must
 * be a contiguous run of the source's frames; only the first few may be silenced, as they are where
 * a decoder's bit reservoir is not yet filled (mp3/frames/lead-in.ts).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createFramer } from '../../../src/mp3/frames/framer.js';
import { until } from './processes.js';

/** The clip is played at 128 kbit/s. */
const BYTES_PER_SECOND = 16_000;

/** Frames that may be silenced at the start of a listener's stream. */
const LEAD_IN_MAX = 12;

function framesOf(bytes: Uint8Array): Uint8Array[] {
  const framer = createFramer();
  const events = [...framer.push(bytes), ...framer.end()];
  return events.flatMap((event) => (event.kind === 'frame' ? [event.bytes] : []));
}

export const framesOfFile = (path: string): Uint8Array[] => framesOf(readFileSync(path));

const digest = (frame: Uint8Array): string => createHash('sha1').update(frame).digest('hex');

/** How a listener's frames lie in a source's loop. */
export interface Alignment {
  /** Index in the source of the first frame that is byte-identical. */
  readonly start: number;
  readonly leadIn: number;
  readonly frames: number;
  /** The first place where the run breaks; undefined: it is contiguous. */
  readonly breakAt: number | undefined;
}

/** Where in the loop do `got[from..]` begin, judged by a window that occurs once. */
function findStart(source: readonly string[], got: readonly string[], from: number): number {
  for (let window = 8; window <= 256; window *= 2) {
    const wanted = got.slice(from, from + window);
    const found = source.flatMap((_, start) =>
      wanted.every((hash, i) => source[(start + i) % source.length] === hash) ? [start] : [],
    );
    if (found.length === 1) return found[0] as number;
    if (found.length === 0) return -1;
  }
  return -1;
}

/** Lays a listener's bytes against the looped source. */
export function align(bytes: Uint8Array, sourceFrames: readonly Uint8Array[]): Alignment {
  const source = sourceFrames.map(digest);
  const got = framesOf(bytes).map(digest);
  for (let leadIn = 0; leadIn <= Math.min(LEAD_IN_MAX, got.length); leadIn++) {
    const start = findStart(source, got, leadIn);
    if (start < 0) continue;
    const isBreak = (hash: string, i: number): boolean =>
      i >= leadIn && source[(start + i - leadIn) % source.length] !== hash;
    const at = got.findIndex(isBreak);
    return { start, leadIn, frames: got.length, breakAt: at < 0 ? undefined : at };
  }
  return { start: -1, leadIn: 0, frames: got.length, breakAt: 0 };
}

/** A listener: follows the redirect and keeps every byte. */
export interface Listening {
  bytes(): Buffer;
  readonly firstByteMs: Promise<number>;
  /** Waits until as many seconds of audio have come as wanted, the burst included. */
  heard(seconds: number): Promise<void>;
  /** Waits for that much more audio. */
  heardMore(seconds: number): Promise<void>;
  /** Whether the server closed the stream. */
  isClosed(): boolean;
  stop(): void;
}

export function listen(url: string, headers: Record<string, string> = {}): Listening {
  const controller = new AbortController();
  const chunks: Buffer[] = [];
  const startedAt = performance.now();
  let isClosed = false;
  let length = 0;
  const untilLength = async (wanted: number): Promise<void> => {
    await until(`${wanted} bytes of ${url}`, () => length >= wanted);
  };
  const firstByteMs = new Promise<number>((resolve, reject) => {
    const read = async (): Promise<void> => {
      const response = await fetch(url, { headers, signal: controller.signal });
      if (!response.ok || response.body === null) {
        throw new Error(`${url}: ${response.status} ${await response.text()}`);
      }
      for await (const chunk of response.body) {
        chunks.push(Buffer.from(chunk));
        length += chunk.length;
        resolve(performance.now() - startedAt);
      }
    };
    read().then(
      () => {
        isClosed = true;
        reject(new Error(`${url} ended without a byte`));
      },
      (error: Error) => {
        isClosed = !controller.signal.aborted;
        reject(error);
      },
    );
  });
  firstByteMs.catch(() => undefined);
  return {
    bytes: () => Buffer.concat(chunks),
    firstByteMs,
    heard: (seconds) => untilLength(seconds * BYTES_PER_SECOND),
    heardMore: (seconds) => untilLength(length + seconds * BYTES_PER_SECOND),
    isClosed: () => isClosed,
    stop: () => controller.abort(),
  };
}
