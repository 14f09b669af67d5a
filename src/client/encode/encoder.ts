/**
 * One bit rate for all songs: listeners' buffers, and the lines of machines on the way, are
 * dimensioned for it. What is like that already passes untouched; the rest is decoded and encoded
 * again, two seconds at a time and one step ahead, so that a file of a day needs no more
 * memory than one of a minute.
 */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { EXIT, UserError } from '../../lib/user-error.js';
import { type FrameHeader, parseFrameHeader } from '../../mp3/frames/frame-header.js';
import { createFramer, type FramerEvent } from '../../mp3/frames/framer.js';
import { startThread } from '../../runtime/thread.js';
import type { TrackEvent } from '../track/track.js';
import { type BitrateKbps, type EncodeAnswer, type EncodeJob, TARGET } from './encode-job.js';

/** Re-encodes recordings, one after the other. */
export interface Encoder {
  /** The same events with other frames. Throws a UserError when they cannot be had. */
  encode(events: AsyncIterable<TrackEvent>, file: string): AsyncGenerator<TrackEvent>;
  close(): void;
}

/** Audio in one job, ms. Guess: small beside the time it takes to play, large beside a message. */
const JOB_MS = 2000;

/** A job takes 1/50 of its length; a codec that takes so long has run into a loop. Guess. */
const ANSWER_MS_MAX = 20_000;

/** Frames that are looked at before a song plays: 100 s. Whoever varies does so before that. */
const LOOKED_AT_MAX = 4000;

/** Whether the recording has frames that are not like the target's. Bounded: its first 100 s. */
export async function differs(
  events: AsyncGenerator<TrackEvent>,
  bitrateKbps: BitrateKbps,
): Promise<boolean> {
  let frames = 0;
  for await (const event of events) {
    if (event.kind !== 'frame') continue;
    if (!isLikeTarget(parseFrameHeader(event.bytes, 0), bitrateKbps)) return true;
    if (++frames === LOOKED_AT_MAX) return false;
  }
  return false;
}

const isLikeTarget = (header: FrameHeader | undefined, bitrateKbps: BitrateKbps): boolean =>
  header?.bitrateKbps === bitrateKbps &&
  header.sampleRateHz === TARGET.sampleRateHz &&
  (header.channelMode === 'joint' || header.channelMode === 'stereo');

/** An encoder whose thread starts with its first recording. */
export function createEncoder(bitrateKbps: BitrateKbps): Encoder {
  let thread: Worker | undefined;

  const close = (): void => {
    void thread?.terminate();
    thread = undefined;
  };

  const perform = async (job: EncodeJob): Promise<Uint8Array> => {
    thread ??= startEncodeThread(bitrateKbps);
    try {
      return await ask(thread, job);
    } catch (error) {
      close(); // In an unknown state; the next recording gets another.
      throw error;
    }
  };

  return {
    encode: (events, file) =>
      encodeTrack(events, (job) => perform(job).catch(refusing(file)), close),
    close,
  };
}

function startEncodeThread(bitrateKbps: BitrateKbps): Worker {
  // The decoder prints what it dislikes; a broken frame is no news to anybody.
  const options = { workerData: bitrateKbps, stdout: true, stderr: true };
  const thread = startThread('encode-thread', import.meta.url, options);
  thread.stdout.resume();
  thread.stderr.resume();
  thread.on('error', () => undefined); // Whoever waits for an answer hears of it.
  return thread;
}

async function ask(thread: Worker, job: EncodeJob): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const answered = once(thread, 'message', { signal }).catch((error) => {
    throw signal.aborted ? new Error('it takes too long') : error;
  });
  thread.postMessage(job);
  const [answer] = (await answered) as [EncodeAnswer];
  if (answer.kind === 'failed') throw new Error(answer.reason);
  return answer.bytes;
}

const refusing =
  (file: string) =>
  (error: unknown): never => {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'unknown';
    throw new UserError(EXIT.file, `${file} cannot be re-encoded (${reason})`);
  };

/** One job of a recording. */
interface Batch extends EncodeJob {
  /** What the frames are called. */
  readonly titles: readonly TrackEvent[];
  readonly lengthMs: number | undefined;
}

/** The next job is under way while the frames of the one before it are played. */
async function* encodeTrack(
  events: AsyncIterable<TrackEvent>,
  perform: (job: EncodeJob) => Promise<Uint8Array>,
  abandon: () => void,
): AsyncGenerator<TrackEvent> {
  const framer = createFramer();
  let underWay: { readonly batch: Batch; readonly bytes: Promise<Uint8Array> } | undefined;
  let ended = false;
  try {
    for await (const batch of batches(events)) {
      const bytes = await underWay?.bytes;
      const ready = underWay?.batch;
      underWay = { batch, bytes: start(batch, perform) };
      if (bytes !== undefined && ready !== undefined) yield* framesOf(ready, framer.push(bytes));
    }
    if (underWay === undefined) return;
    const bytes = await underWay.bytes;
    ended = true;
    yield* framesOf(underWay.batch, [...framer.push(bytes), ...framer.end()]);
  } finally {
    if (!ended) abandon();
  }
}

function start(
  { frames, last }: EncodeJob,
  perform: (job: EncodeJob) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const bytes = perform({ frames, last });
  bytes.catch(() => undefined); // Whoever awaits it later is told.
  return bytes;
}

/** The recording in jobs; the last one may be empty. */
async function* batches(events: AsyncIterable<TrackEvent>): AsyncGenerator<Batch> {
  let titles: TrackEvent[] = [];
  let frames: Uint8Array[] = [];
  let filledMs = 0;
  let lengthMs: number | undefined;
  const take = (last: boolean): Batch => {
    const batch = { titles, frames, last, lengthMs };
    [titles, frames, filledMs] = [[], [], 0];
    return batch;
  };
  for await (const event of events) {
    const full = event.kind === 'title' ? frames.length > 0 : filledMs >= JOB_MS;
    if (full) yield take(false);
    if (event.kind === 'title') titles.push(event);
    else {
      frames.push(event.bytes);
      filledMs += event.durationMs;
      lengthMs = event.lengthMs;
    }
  }
  yield take(true);
}

/** What came back of a job, as the player wants it. */
function framesOf({ titles, lengthMs }: Batch, events: readonly FramerEvent[]): TrackEvent[] {
  const frames = events.flatMap((event): TrackEvent[] => {
    if (event.kind !== 'frame') return [];
    const { bitrateKbps, durationMs } = event.header;
    return [{ kind: 'frame', bytes: event.bytes, durationMs, bitrateKbps, lengthMs }];
  });
  return [...titles, ...frames];
}
