/**
 * Hours that are recorded as fast as the disk takes them, by the recorder of an SCX on a clock of its own, and what that
 * costs. The same hours without a recorder tell what the making of the segments alone takes, which an SCX needs for HLS anyway.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { HOUR_MS } from '../../../src/api/recordings/recording-files.js';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createRecorder, type Recorder } from '../../../src/scx/recording/recorder.js';
import { createSegments } from '../../../src/scx/sound/segments.js';
import { AUDIO, FRAME_BYTES } from '../players/continuity.js';
import { FRAME_MS, LOOP_FRAMES } from '../players/numbered-audio.js';

const SOURCE = 'a'.repeat(16) as SourceId;
/** A song, frames. */
const TITLE_FRAMES = 10_000;
const WARM_HOURS = 0.5;
/** Between two looks whether a segment is on the disk, ms. */
const LOOK_MS = 1;

export interface Recorded {
  /** In all files: sound and index. */
  readonly bytes: number;
  readonly cpuSeconds: number;
}

export interface RecordOptions {
  readonly root: string;
  /** Below `root`. */
  readonly folder: string;
  /** Begins, ms since 1970. */
  readonly fromMs: number;
  readonly hours: number;
}

const frameAt = (sequence: number) => {
  const start = (sequence % LOOP_FRAMES) * FRAME_BYTES;
  return {
    ...{ bytes: AUDIO.subarray(start, start + FRAME_BYTES), durationMs: FRAME_MS, sequence },
    startsStream: false,
    title: `Artist ${sequence % 7} - A title of the usual length, ${Math.floor(sequence / TITLE_FRAMES)}`,
  };
};

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Plays hours at once; with a recorder each segment waits for the one before it. */
async function play(options: RecordOptions, withRecorder: boolean): Promise<number> {
  const { root, folder, fromMs, hours } = options;
  const segments = createSegments();
  let sequence = 0;
  const wallNow = (): number => fromMs + sequence * FRAME_MS;
  const keepMsMax = (hours + 1) * HOUR_MS;
  const limits = { bytesMax: Number.MAX_SAFE_INTEGER, keepMsMax };
  const log = pino({ level: 'silent' });
  const recorder: Recorder | undefined = withRecorder
    ? createRecorder({ root, segments, log, wallNow, ...limits })
    : undefined;
  recorder?.set({ folder, keepMs: keepMsMax });
  const before = cpuSeconds();
  for (const end = (hours * HOUR_MS) / FRAME_MS; sequence < end; ) {
    const [written, first] = [recorder?.counters.bytes, segments.listed().at(-1)?.number];
    while (segments.listed().at(-1)?.number === first) segments.append(SOURCE, frameAt(sequence++));
    do await pause(LOOK_MS);
    while (recorder?.counters.bytes === written && recorder?.counters.failures === 0);
  }
  const used = cpuSeconds() - before;
  await recorder?.close();
  if (recorder !== undefined && recorder.counters.failures > 0) {
    throw new Error(`${root} cannot be written`);
  }
  return used;
}

function bytesIn(folder: string): number {
  const sizes = readdirSync(folder).map((file) => statSync(join(folder, file)).size);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Records hours; they stay in the folder. Resolves to what the recorder alone has cost. */
export async function record(options: RecordOptions): Promise<Recorded> {
  await play({ ...options, hours: WARM_HOURS }, false); // V8 compiles
  const without = await play(options, false);
  const all = await play(options, true);
  const bytes = bytesIn(join(options.root, options.folder));
  return { bytes, cpuSeconds: all - without };
}
