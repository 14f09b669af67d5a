/**
 * Gives all songs one bit rate, for which the listeners' buffers and the links on the way are
 * dimensioned. A recording that already has it passes unchanged. Any other is decoded and encoded
 * again in a thread, two seconds at a time and one job ahead, so that a recording of a day needs no
 * more memory than one of a minute, and frames that are due meanwhile are not held up.
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
  /**
   * The same events with re-encoded frames. Throws a UserError when that fails; `file` names it.
   */
  encode(events: AsyncIterable<TrackEvent>, file: string): AsyncGenerator<TrackEvent>;
  close(): void;
}

/** Audio in one job, ms. Guess: long enough that messages to the thread cost little. */
const JOB_MS = 2000;

/** Time for one job, ms. A job takes 1/50 of its length, so beyond this the codec hangs. Guess. */
const ANSWER_MS_MAX = 20_000;

/** Frames that are checked before a song plays: 100 s. Variable bit rates vary earlier. Guess. */
const LOOKED_AT_MAX = 4000;

/** Whether the first 100 s of a recording contain a frame that differs from the target format. */
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

/** Creates an encoder whose thread starts with its first recording. */
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
      close(); // Its state is unknown; the next recording gets another thread.
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
  // The decoder prints complaints about broken frames, which are of no use to anybody.
  const options = { workerData: bitrateKbps, stdout: true, stderr: true };
  const thread = startThread('client/encode/encode-thread', options);
  thread.stdout.resume();
  thread.stderr.resume();
  thread.on('error', () => undefined); // `ask` rejects with it.
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
  /** The titles before its frames. */
  readonly titles: readonly TrackEvent[];
  readonly lengthMs: number | undefined;
}

/** While the frames of one job are played, the next job is in progress. */
async function* encodeTrack(
  events: AsyncIterable<TrackEvent>,
  perform: (job: EncodeJob) => Promise<Uint8Array>,
  abandon: () => void,
): AsyncGenerator<TrackEvent> {
  const framer = createFramer();
  let inProgress: { readonly batch: Batch; readonly bytes: Promise<Uint8Array> } | undefined;
  let ended = false;
  try {
    for await (const batch of batches(events)) {
      const bytes = await inProgress?.bytes;
      const ready = inProgress?.batch;
      inProgress = { batch, bytes: start(batch, perform) };
      if (bytes !== undefined && ready !== undefined) yield* framesOf(ready, framer.push(bytes));
    }
    if (inProgress === undefined) return;
    const bytes = await inProgress.bytes;
    ended = true;
    yield* framesOf(inProgress.batch, [...framer.push(bytes), ...framer.end()]);
  } finally {
    if (!ended) abandon();
  }
}

function start(
  { frames, last }: EncodeJob,
  perform: (job: EncodeJob) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const bytes = perform({ frames, last });
  bytes.catch(() => undefined); // A rejection is handled where the result is awaited.
  return bytes;
}

/** Divides a recording into jobs; the last one may be empty. */
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

/** The events of a job: its titles, then the re-encoded frames. */
function framesOf({ titles, lengthMs }: Batch, events: readonly FramerEvent[]): TrackEvent[] {
  const frames = events.flatMap((event): TrackEvent[] => {
    if (event.kind !== 'frame') return [];
    const { bitrateKbps, durationMs } = event.header;
    return [{ kind: 'frame', bytes: event.bytes, durationMs, bitrateKbps, lengthMs }];
  });
  return [...titles, ...frames];
}
