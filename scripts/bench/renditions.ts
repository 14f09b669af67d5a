/**
 * What a rendition costs: processor time for each second of sound, memory, and how long its first
 * listener waits. Each row is a process of its own, so that memory is that of one rendition.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseFrameHeader } from '../../src/mp3/frames/frame-header.js';
import type { PlayedFrame } from '../../src/scx/sound/chunk.js';
import type { RenditionKbps } from '../../src/session/renditions.js';
import { createTranscoder } from '../../src/transcode/transcoder.js';
import { makeToneFrames } from '../../test/mp3/make-mp3.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';

export const flags: Benchmark['flags'] = {
  seconds: { standard: '120', help: 'of sound' },
  from: { standard: '128', help: 'bit rate of the sound, kbit/s' },
  to: { standard: '128,64,32', help: 'bit rates of the renditions' },
};

const MIB = 1024 * 1024;
/** The frames of a job. */
const JOB = 5;
/** The last frames stay in the encoder: the more, the lower the rate. */
const HELD_MAX = 16;

const played = (bytes: Uint8Array, sequence: number): PlayedFrame => ({
  ...{ bytes, sequence, title: null, startsStream: false },
  durationMs: parseFrameHeader(bytes, 0)?.durationMs ?? 0,
});

/** Milliseconds of processor time of this process and its threads. */
const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Makes one rendition as fast as possible; returns the row of the table. */
async function measure(seconds: number, from: number, kbps: RenditionKbps): Promise<Row> {
  const sound = await makeToneFrames({ seconds: Math.min(seconds, 20), bitrateKbps: from });
  const count = Math.round((seconds / Math.min(seconds, 20)) * sound.length);
  const frames = Array.from({ length: count }, (_, at) =>
    played(sound[at % sound.length] as Uint8Array, at),
  );
  const before = process.memoryUsage().rss;
  const begun = performance.now();
  let [made, bytes, firstMs, startMs] = [0, 0, 0, 0];
  await new Promise<void>((resolve) => {
    const transcoder = createTranscoder<PlayedFrame>({
      ...{ kbps, primers: [], log: { warn: () => undefined }, onLost: () => undefined },
      onFrames: (answered) => {
        if (made === 0) [firstMs, startMs] = [performance.now() - begun, processorMs()];
        made += answered.length;
        bytes += answered.reduce((sum, frame) => sum + frame.bytes.length, 0);
        if (pushed < count) push();
        if (made >= count - HELD_MAX) {
          transcoder.close();
          resolve();
        }
      },
    });
    let pushed = 0;
    const push = (): void => {
      transcoder.push(frames.slice(pushed, pushed + JOB));
      pushed += JOB;
    };
    for (let at = 0; pushed < count && at < 40; at++) push();
  });
  return {
    'from kbit/s': from,
    'to kbit/s': kbps,
    'processor, ms a second of sound': round((processorMs() - startMs) / seconds, 2),
    'streams per core': round((seconds * 1000) / (processorMs() - startMs), 0),
    'memory, MiB': round((process.memoryUsage().rss - before) / MIB),
    'first frames after, ms': round(firstMs, 0),
    'kbit/s made': round((bytes * 8) / (((made * 1152) / 44_100) * 1000)),
  };
}

async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const [seconds, from] = [numberOf(given, 'seconds'), numberOf(given, 'from')];
  const self = fileURLToPath(import.meta.url);
  const rows: Row[] = [];
  for (const to of wordsOf(given, 'to')) {
    const args = ['--import', 'tsx', self, 'row', `${seconds}`, `${from}`, to];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    rows.push(JSON.parse(stdout) as Row);
  }
  return rows;
}

export { run };

const [, , mode, seconds, from, to] = process.argv;
if (mode === 'row') {
  console.log(JSON.stringify(await measure(Number(seconds), Number(from), Number(to) as 64)));
}
