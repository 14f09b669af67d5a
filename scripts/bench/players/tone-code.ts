/**
 * Sound in which each frame is told by what it sounds like, so that a listener's frames can be numbered also
 * after they were made anew at a lower bit rate. Each frame has one tone of several, never that of the
 * frame before it; which one is drawn. So a frame that is missing or comes twice shows at once, and a few
 * frames in a row tell where they are from.
 *
 * Frames that come as they were sent are known by their bytes.
 */
import { MPEGDecoder } from 'mpg123-decoder';
import { createMp3Encoder } from 'wasm-media-encoders';
import { createRng } from '../../../src/lib/rng.js';
import { createFramer } from '../../../src/mp3/frames/framer.js';

const SAMPLE_RATE_HZ = 48_000;
const FRAME_SAMPLES = 1152;
export const FRAME_MS = (FRAME_SAMPLES * 1000) / SAMPLE_RATE_HZ;

/** Far enough from each other for the length of a frame, low enough for every bit rate, Hz. */
const TONES_HZ = [500, 700, 900, 1100, 1300, 1500, 1700, 1900] as const;
const LEVEL = 0.4;

/** The tone of each frame, as an index. */
export type Tones = readonly number[];

/** Draws the tones of so many frames. */
function drawTones(count: number, seed: number): Tones {
  const rng = createRng(seed);
  const tones: number[] = [];
  for (let index = 0; index < count; index++) {
    const step = 1 + rng.below(TONES_HZ.length - 1);
    tones.push(((tones.at(-1) ?? 0) + step) % TONES_HZ.length);
  }
  return tones;
}

/** The sound of tones without jumps between them, with a little noise: two frames are never alike. */
function soundOf(tones: Tones, seed: number): Float32Array {
  const rng = createRng(seed).fork('noise');
  const sound = new Float32Array(tones.length * FRAME_SAMPLES);
  let phase = 0;
  for (let index = 0; index < sound.length; index++) {
    const hz = TONES_HZ[tones[Math.floor(index / FRAME_SAMPLES)] ?? 0] ?? 0;
    phase += (2 * Math.PI * hz) / SAMPLE_RATE_HZ;
    sound[index] = LEVEL * Math.sin(phase) + 0.002 * (rng.unit() - 0.5);
  }
  return sound;
}

/** The part of a tone in some sound (Goertzel's algorithm). */
function powerOf(hz: number, sound: Float32Array): number {
  const factor = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE_HZ);
  let [before, last] = [0, 0];
  for (const sample of sound) [before, last] = [last, sample + factor * last - before];
  return before * before + last * last - factor * before * last;
}

function toneOf(sound: Float32Array): number {
  const powers = TONES_HZ.map((hz) => powerOf(hz, sound));
  return powers.indexOf(Math.max(...powers));
}

/** What a decoder plays for each of these frames, one after the other. */
export async function tonesOf(frames: readonly Uint8Array[]): Promise<Tones> {
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  const tones = frames.map((frame) => {
    const [channel] = decoder.decodeFrame(frame).channelData;
    return toneOf(channel ?? new Float32Array());
  });
  decoder.free();
  return tones;
}

export interface ToneCode {
  /** A file of 128 kbit/s, to be looped. */
  readonly file: Uint8Array;
  /** What a decoder plays for each frame of the loop. */
  readonly tones: Tones;
  /** The number of a frame with these bytes; undefined: it was not sent so. */
  numberOf(frame: Uint8Array): number | undefined;
}

export const framesIn = (bytes: Uint8Array): Uint8Array[] => {
  const framer = createFramer();
  const events = [...framer.push(bytes), ...framer.end()];
  return events.flatMap((event) => (event.kind === 'frame' ? [event.bytes] : []));
};

const keyOf = (frame: Uint8Array): string => Buffer.from(frame).toString('latin1');

/** Makes a loop of so many seconds, always the same. */
export async function createToneCode(seconds: number, seed = 1): Promise<ToneCode> {
  const sound = soundOf(drawTones(Math.ceil((seconds * 1000) / FRAME_MS), seed), seed);
  const encoder = await createMp3Encoder();
  const rates = { sampleRate: SAMPLE_RATE_HZ, outputSampleRate: SAMPLE_RATE_HZ } as const;
  encoder.configure({ ...rates, channels: 2, bitrate: 128 });
  // The encoder's buffer is its own.
  const body = Buffer.from(encoder.encode([sound, sound]));
  const frames = framesIn(Buffer.concat([body, encoder.finalize()]));
  const numbers = new Map(frames.map((frame, number) => [keyOf(frame), number]));
  if (numbers.size !== frames.length) throw new Error('two frames of the tones are the same');
  // The second time round, as the first frames of a decoder lack what was before them.
  const tones = (await tonesOf([...frames, ...frames])).slice(frames.length);
  return {
    file: Buffer.concat(frames),
    tones,
    numberOf: (frame) => numbers.get(keyOf(frame)),
  };
}
