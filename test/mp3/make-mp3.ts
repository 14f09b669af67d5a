/**
 * MP3 for tests, made on the spot: real frames from an encoder, and frames built by hand where a
 * test wants a header that no encoder would write.
 */
import { createMp3Encoder } from 'wasm-media-encoders';
import { parseFrameHeader } from '../../src/mp3/frames/frame-header.js';

/** What to encode: the rate decides the MPEG version. */
export interface ToneOptions {
  readonly seconds?: number;
  readonly bitrateKbps?: number;
  readonly sampleRateHz?: number;
  readonly channels?: 1 | 2;
  /** The tone; different tones make different frames. */
  readonly toneHz?: number;
}

/** Plucked notes with a little noise: they make the encoder use its bit reservoir. */
function pluck(options: Required<ToneOptions>, channel: number): Float32Array {
  const samples = new Float32Array(Math.round(options.seconds * options.sampleRateHz));
  const step = (2 * Math.PI * options.toneHz * (1 + channel / 2)) / options.sampleRateHz;
  let noise = 1;
  for (let index = 0; index < samples.length; index++) {
    noise = (noise * 48271) % 2147483647;
    const sinceNote = (index / options.sampleRateHz) % (1 / 3);
    const sound = 0.5 * Math.sin(step * index) + 0.3 * (noise / 1073741824 - 1);
    samples[index] = sound * Math.exp(-12 * sinceNote);
  }
  return samples;
}

/** The frames of an encoded tone (44.1 kHz stereo at 128 kbit/s for one second unless told). */
export async function makeToneFrames(options: ToneOptions = {}): Promise<Uint8Array[]> {
  return splitFrames(await makeToneMp3(options));
}

/** The encoded tone as a file without tags. */
export async function makeToneMp3(options: ToneOptions = {}): Promise<Uint8Array> {
  const all = {
    seconds: 1,
    bitrateKbps: 128,
    sampleRateHz: 44100,
    channels: 2 as const,
    toneHz: 440,
    ...options,
  };
  const encoder = await createMp3Encoder();
  encoder.configure({
    sampleRate: all.sampleRateHz,
    channels: all.channels,
    bitrate: all.bitrateKbps,
    outputSampleRate: all.sampleRateHz,
  } as Parameters<typeof encoder.configure>[0]);
  const samples = [pluck(all, 0), pluck(all, 1)].slice(0, all.channels);
  // The encoder reuses its buffer.
  const body = new Uint8Array(encoder.encode(samples));
  return joinBytes([body, new Uint8Array(encoder.finalize())]);
}

/** The frames of a file that holds nothing else. */
export function splitFrames(file: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let offset = 0;
  for (;;) {
    const header = parseFrameHeader(file, offset);
    if (header === undefined) return frames;
    frames.push(new Uint8Array(file.subarray(offset, offset + header.frameBytes)));
    offset += header.frameBytes;
  }
}

/** The fields of a header, as bits (ISO 11172-3 §2.4.1.3). The default is 128 kbit/s, 44.1 kHz. */
export interface HeaderBits {
  readonly version?: number;
  readonly layer?: number;
  readonly unprotected?: number;
  readonly bitrate?: number;
  readonly sampleRate?: number;
  readonly padding?: number;
  readonly mode?: number;
  readonly emphasis?: number;
}

/** The four bytes of a header. */
export function makeHeader(bits: HeaderBits = {}): Uint8Array {
  const { version = 3, layer = 1, unprotected = 1, bitrate = 9 } = bits;
  const { sampleRate = 0, padding = 0, mode = 0, emphasis = 0 } = bits;
  return Uint8Array.of(
    0xff,
    0xe0 | (version << 3) | (layer << 1) | unprotected,
    (bitrate << 4) | (sampleRate << 2) | (padding << 1),
    (mode << 6) | emphasis,
  );
}

/** A whole frame with side information of zeros, and `fill` as main data from `at` on. */
export function makeFrame(bits: HeaderBits = {}, fill = 0x55, at = 38): Uint8Array {
  const header = parseFrameHeader(makeHeader(bits), 0);
  if (header === undefined) throw new Error('these bits make no frame');
  const frame = new Uint8Array(header.frameBytes).fill(fill, at);
  frame.set(makeHeader(bits));
  return frame;
}

/** All bytes in one array. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** ASCII as bytes. */
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes that look random, from a seed. */
export function noiseBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}
