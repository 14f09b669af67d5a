/**
 * The thread of a rendition: decoding and encoding takes some hundredths of a core, and must not hold up
 * what listeners are due meanwhile. What goes wrong ends the thread; the transcoder starts another.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { RenditionKbps } from '../session/renditions.js';
import { createFrameCodec } from './frame-codec.js';
import type { TranscodeAnswer, TranscodeJob } from './transcode-job.js';

const codec = createFrameCodec(workerData as RenditionKbps);

async function perform({ startsStream, primers, frames }: TranscodeJob): Promise<TranscodeAnswer> {
  const { push, prime, end } = await codec;
  const before = startsStream ? end() : [];
  prime(primers);
  return [...before, ...frames.flatMap(push)];
}

parentPort?.on('message', async (job: TranscodeJob) => {
  const frames = await perform(job);
  parentPort?.postMessage(
    frames,
    frames.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
