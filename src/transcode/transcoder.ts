/**
 * Makes the frames of a rendition in a thread, in the order in which they are played: each one keeps the
 * number and all else of its original but the bytes.
 *
 * A thread that ends, or answers no more, is replaced. All that it has not answered is kept and goes to the
 * next one, after the few frames before it, so that no number is missing and the sound goes on from the same
 * place. Only where three threads in a row die of the same frames, or the frames of WAITING_MS have piled up, are
 * they given up: the stream then has a hole, and starts anew behind it.
 *
 * Bounded: WAITING_MS of frames, PRIMERS besides.
 */
import type { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { backoffMs } from '../lib/backoff.js';
import { startThread } from '../runtime/thread.js';
import type { RenditionKbps } from '../session/renditions.js';
import type { TranscodeAnswer, TranscodeJob } from './transcode-job.js';

/** A frame of sound. */
export interface SoundFrame {
  readonly bytes: Uint8Array;
  readonly durationMs: number;
  /** The source's number of it. */
  readonly sequence: number;
  /** Another source, or a hole: no decoder has what came before this frame. */
  readonly startsStream: boolean;
}

/** Makes frames of a lower bit rate until it is closed. */
export interface Transcoder<Frame extends SoundFrame> {
  push(frames: readonly Frame[]): void;
  close(): void;
}

export interface TranscoderOptions<Frame extends SoundFrame> {
  readonly kbps: RenditionKbps;
  /** The last frames before the first one that is pushed. */
  readonly primers: readonly Frame[];
  /** Takes the frames that are made. */
  onFrames(frames: readonly Frame[]): void;
  /** A thread was lost, and with it so many frames, mostly none. */
  onLost(frames: number): void;
  readonly log: Pick<Logger, 'warn'>;
  /** Starts a thread. Default: transcode-thread.ts. */
  readonly start?: (kbps: RenditionKbps) => Worker;
}

/**
 * Frames before the first one that the codecs are given: the longest reach of the bit reservoir is six
 * frames, at 32 kbit/s, and the windows overlap with one more.
 */
export const PRIMERS = 10;
/** Sound that waits for a thread, ms: more than a thread and its first answer ever take. Guess. */
const WAITING_MS = 30_000;
/**
 * Time for an answer, ms. A job takes some milliseconds, so beyond this the codec hangs; the first one has to wait
 * until the thread has started, on a busy machine as well. Guesses.
 */
const ANSWER_MS_MAX = { first: 20_000, next: 5000 } as const;
/** Threads in a row that may die without an answer before their frames are given up. Guess. */
const DEATHS_MAX = 3;
const RESTART = { firstMs: 250, lastMs: 4000 } as const;

const startTranscodeThread = (kbps: RenditionKbps): Worker => {
  // The decoder prints complaints about broken frames, which are of no use to anybody.
  const options = { workerData: kbps, stdout: true, stderr: true };
  const thread = startThread('transcode/transcode-thread', options);
  thread.stdout.resume();
  thread.stderr.resume();
  return thread;
};

/** Pieces of frames that follow each other. */
function runsOf<Frame extends SoundFrame>(frames: readonly Frame[]): Frame[][] {
  const runs: Frame[][] = [];
  for (const frame of frames) {
    const run = runs.at(-1);
    if (run === undefined || frame.startsStream) runs.push([frame]);
    else run.push(frame);
  }
  return runs;
}

/** The last frames from which the stream goes on. */
const primersOf = <Frame extends SoundFrame>(frames: readonly Frame[]): readonly Frame[] =>
  runsOf(frames).at(-1)?.slice(-PRIMERS) ?? [];

/** Copies, because a frame is a view of more bytes than its own. */
const copiesOf = (frames: readonly SoundFrame[]): Uint8Array[] =>
  frames.map(({ bytes }) => new Uint8Array(bytes));

const durationOf = (frames: readonly SoundFrame[]): number =>
  frames.reduce((sum, { durationMs }) => sum + durationMs, 0);

/** Creates a transcoder, whose thread starts at once. */
export function createTranscoder<Frame extends SoundFrame>(
  options: TranscoderOptions<Frame>,
): Transcoder<Frame> {
  const { kbps, log, start = startTranscodeThread } = options;
  let past = primersOf(options.primers);
  let waiting: Frame[] = [];
  let thread: Worker | undefined;
  let jobs = 0;
  let hasAnswered = false;
  let deaths = 0;
  let late: NodeJS.Timeout | undefined;
  let restart: NodeJS.Timeout | undefined;
  let isClosed = false;
  /** What is pushed next has a hole before it. */
  let isCut = false;

  const watch = (): void => {
    clearTimeout(late);
    if (jobs === 0) return;
    const withinMs = hasAnswered ? ANSWER_MS_MAX.next : ANSWER_MS_MAX.first;
    late = setTimeout(() => lose('it does not answer'), withinMs).unref();
  };

  const send = (job: TranscodeJob): void => {
    const bytes = [...job.primers, ...job.frames].map(({ buffer }) => buffer as ArrayBuffer);
    thread?.postMessage(job, bytes);
    jobs++;
    if (jobs === 1) watch();
  };

  const sendRuns = (frames: readonly Frame[]): void => {
    for (const run of runsOf(frames)) {
      const startsStream = run[0]?.startsStream === true;
      send({ startsStream, primers: [], frames: copiesOf(run) });
    }
  };

  /** Everything that is not answered, from the same place on. */
  const sendAgain = (): void => {
    const [first = [], ...others] = runsOf(waiting);
    const primers = first[0]?.startsStream === true ? [] : copiesOf(past);
    send({ startsStream: true, primers, frames: copiesOf(first) });
    for (const run of others) sendRuns(run);
  };

  const onAnswer = (made: TranscodeAnswer): void => {
    jobs--;
    deaths = 0;
    hasAnswered = true;
    watch();
    const originals = waiting.slice(0, made.length);
    waiting = waiting.slice(made.length);
    past = primersOf([...past, ...originals]);
    const frames = originals.map((frame, index) => ({
      ...frame,
      bytes: made[index] ?? frame.bytes,
    }));
    if (frames.length > 0) options.onFrames(frames);
  };

  /** Undefined: the system, or Node's permission model, allows no thread now. */
  const tryToStart = (): Worker | undefined => {
    try {
      return start(kbps);
    } catch {
      return undefined;
    }
  };

  const begin = (): void => {
    const started = tryToStart();
    thread = started;
    if (started === undefined) return lose('it cannot be started');
    jobs = 0;
    hasAnswered = false;
    started.unref();
    started.on('message', (made: TranscodeAnswer) => {
      if (thread === started) onAnswer(made);
    });
    started.on('error', () => undefined); // 'exit' follows
    started.on('exit', () => {
      if (thread === started) lose('it has ended');
    });
    sendAgain();
  };

  /** Gives the frames up that no thread could make. */
  const giveUp = (): void => {
    options.onLost(waiting.length);
    waiting = [];
    past = [];
    isCut = true;
  };

  const lose = (reason: string): void => {
    if (isClosed) return;
    const lost = thread;
    thread = undefined;
    void lost?.terminate();
    clearTimeout(late);
    const waitMs = deaths === 0 ? 0 : backoffMs(RESTART, deaths - 1);
    deaths++;
    log.warn({ kbps, reason, waitMs }, 'The thread of a rendition is started again.');
    if (deaths >= DEATHS_MAX) giveUp();
    else options.onLost(0);
    restart = setTimeout(begin, waitMs).unref();
  };

  begin();
  return {
    push: (frames) => {
      if (frames.length === 0 || isClosed) return;
      const [first, ...others] = frames as [Frame, ...Frame[]];
      const next = [{ ...first, startsStream: first.startsStream || isCut }, ...others];
      isCut = false;
      waiting.push(...next);
      if (thread !== undefined) sendRuns(next);
      if (durationOf(waiting) <= WAITING_MS) return;
      giveUp();
      if (thread !== undefined) lose('it is too slow');
    },
    close: () => {
      isClosed = true;
      clearTimeout(late);
      clearTimeout(restart);
      void thread?.terminate();
      thread = undefined;
    },
  };
}
