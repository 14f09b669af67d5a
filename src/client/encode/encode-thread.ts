/**
 * The thread that decodes and encodes, about 20 ms of work for each second of audio, which would
 * hold up frames that are due meanwhile. It answers each job once, in order. Both codecs are
 * WebAssembly, so no program has to be installed.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { MPEGDecoder } from 'mpg123-decoder';
import { createMp3Encoder } from 'wasm-media-encoders';
import { type BitrateKbps, type EncodeAnswer, type EncodeJob, TARGET } from './encode-job.js';

const bitrateKbps = workerData as BitrateKbps;
const encoder = await createMp3Encoder();
let decoder: MPEGDecoder | undefined;
let inputRateHz = 0;

/** A copy: the encoder reuses its buffer. */
const kept = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** Begins a recording, or a part with another sample rate, from which the encoder resamples. */
function begin(sampleRateHz: number): Uint8Array {
  const tail = end();
  inputRateHz = sampleRateHz;
  encoder.configure({
    sampleRate: sampleRateHz,
    channels: TARGET.channels,
    bitrate: bitrateKbps,
    outputSampleRate: TARGET.sampleRateHz,
  });
  return tail;
}

function end(): Uint8Array {
  const tail = inputRateHz === 0 ? new Uint8Array() : kept(encoder.finalize());
  inputRateHz = 0;
  return tail;
}

async function encode({ frames, last }: EncodeJob): Promise<Uint8Array> {
  decoder ??= new MPEGDecoder();
  await decoder.ready;
  const parts: Uint8Array[] = [];
  const { channelData, samplesDecoded, sampleRate } = decoder.decodeFrames([...frames]);
  if (samplesDecoded > 0 && sampleRate !== inputRateHz) parts.push(begin(sampleRate));
  if (samplesDecoded > 0) parts.push(kept(encoder.encode(channelData)));
  if (last) {
    parts.push(end());
    decoder.free();
    decoder = undefined;
  }
  return Buffer.concat(parts);
}

async function answer(job: EncodeJob): Promise<EncodeAnswer> {
  try {
    return { kind: 'encoded', bytes: await encode(job) };
  } catch (error) {
    return { kind: 'failed', reason: String(error) };
  }
}

parentPort?.on('message', async (job: EncodeJob) => parentPort?.postMessage(await answer(job)));
