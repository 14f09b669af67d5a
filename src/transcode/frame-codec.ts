/**
 * Makes a frame of a lower bit rate of each frame, one for one and in the same order: the n-th frame that
 * comes out sounds when the n-th that went in does, so it has the same number. Both codecs are WebAssembly.
 *
 * An encoder is late by LAME's own delay and a decoder's, 1105 samples together (measured: any MP3
 * that is decoded, encoded and decoded again). With 47 samples of silence before the sound that makes 1152: two frames
 * of 576 samples, or one. So many of the first frames that the encoder makes stand for nothing, and are left
 * out. It keeps the last few frames back until more sound or the end comes.
 *
 * Sound of another sample rate or another number of channels needs another encoder: it begins anew there,
 * after it has given all that it had.
 */
import { MPEGDecoder } from 'mpg123-decoder';
import { createMp3Encoder } from 'wasm-media-encoders';
import { type FrameHeader, parseFrameHeader } from '../mp3/frames/frame-header.js';
import { createLeadIn } from '../mp3/frames/lead-in.js';
import { createReservoir, type Reservoir, wholeFrame } from '../mp3/frames/whole-frame.js';
import type { RenditionKbps } from '../session/renditions.js';
import { isBlended, rateFor } from './rendition-rates.js';

/** A codec; what it is given is not kept. */
export interface FrameCodec {
  /** Takes a frame; returns those that are ready, mostly one. Frames are complete and begin with a header. */
  push(frame: Uint8Array): readonly Uint8Array[];
  /** The frames that are left. What is pushed next begins a stream. */
  end(): readonly Uint8Array[];
  /** Takes frames from which the stream goes on, of which nothing is to be made. Only at its beginning. */
  prime(frames: readonly Uint8Array[]): void;
}

type Mp3Encoder = Awaited<ReturnType<typeof createMp3Encoder>>;
type SampleRate = NonNullable<Parameters<Mp3Encoder['configure']>[0]['outputSampleRate']>;

const ENCODER_DELAY_SAMPLES = 1105;
const SHIFT_SAMPLES = 1152;
/** More than the encoder holds back, samples. */
const FLUSH_SAMPLES = 4 * 1152;

/** The form of the sound that one encoder encodes. */
interface Form {
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
  readonly samples: number;
}

/** A stream that is being encoded. */
interface Encoding {
  readonly form: Form;
  /** Frames that are still to be left out: they stand for what was before the first one. */
  skipped: number;
  /** Frames that are still to come. */
  due: number;
  /** Of them, those that are left out because they stand for frames that only prepare. */
  primed: number;
  /** The next frame does not follow the one before it at the player. */
  isFirst: boolean;
  /** Bytes of the encoder that are no complete frame yet. */
  rest: Uint8Array;
  readonly reservoir: Reservoir;
}

const isSame = (one: Form, other: Form): boolean =>
  one.sampleRateHz === other.sampleRateHz &&
  one.channels === other.channels &&
  one.samples === other.samples;

const silence = (channels: number, samples: number): Float32Array[] =>
  Array.from({ length: channels }, () => new Float32Array(samples));

/** The channels that are encoded: those of the sound, or their mean in both. */
function mixed([left, right]: readonly Float32Array[], form: Form, blended: boolean) {
  const [one = new Float32Array(form.samples), other = one] = [left, right];
  if (form.channels === 1) return [one];
  if (!blended) return [one, other];
  const mean = one.map((value, index) => (value + (other[index] ?? 0)) / 2);
  return [mean, mean];
}

/** Exactly so many samples, whatever a broken frame was decoded to. */
function sized(channelData: readonly Float32Array[], samples: number): Float32Array[] {
  return channelData.map((channel) => {
    if (channel.length === samples) return channel;
    const whole = new Float32Array(samples);
    whole.set(channel.subarray(0, samples));
    return whole;
  });
}

/** Creates a codec; what the codecs cannot read becomes silence. */
export async function createFrameCodec(kbps: RenditionKbps): Promise<FrameCodec> {
  const encoder = await createMp3Encoder();
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  let lead = createLeadIn();
  let encoding: Encoding | undefined;

  /** What a frame that the encoder has made is sent as; undefined: it is left out. */
  const sent = (frame: Uint8Array, now: Encoding): Uint8Array | undefined => {
    const whole = now.isFirst ? (wholeFrame(frame, now.reservoir.bytes) ?? frame) : frame;
    now.reservoir.add(frame);
    if (now.skipped > 0) {
      now.skipped--;
      return undefined;
    }
    if (now.due === 0) return undefined; // it stands for what was put behind the end
    now.due--;
    if (now.primed > 0) {
      now.primed--;
      return undefined;
    }
    now.isFirst = false;
    return whole;
  };

  /** The complete frames in what the encoder has returned; its buffer is its own, so they are copies. */
  const take = (bytes: Uint8Array, now: Encoding): Uint8Array[] => {
    const all = new Uint8Array(Buffer.concat([now.rest, bytes]));
    const frames: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const header = parseFrameHeader(all, at);
      if (header === undefined || at + header.frameBytes > all.length) break;
      const frame = sent(all.slice(at, at + header.frameBytes), now);
      if (frame !== undefined) frames.push(frame);
      at += header.frameBytes;
    }
    now.rest = all.slice(at);
    return frames;
  };

  const end = (): readonly Uint8Array[] => {
    const ending = encoding;
    encoding = undefined;
    lead = createLeadIn();
    if (ending === undefined) return [];
    const frames = take(encoder.encode(silence(ending.form.channels, FLUSH_SAMPLES)), ending);
    frames.push(...take(encoder.finalize(), ending));
    return frames;
  };

  const begin = (form: Form, header: FrameHeader): Encoding => {
    encoder.configure({
      ...{ sampleRate: form.sampleRateHz, channels: form.channels },
      bitrate: rateFor(header, kbps),
      outputSampleRate: form.sampleRateHz as SampleRate,
    });
    const begun: Encoding = {
      ...{ form, due: 0, primed: 0, isFirst: true },
      skipped: SHIFT_SAMPLES / form.samples,
      rest: new Uint8Array(),
      reservoir: createReservoir(),
    };
    take(encoder.encode(silence(form.channels, SHIFT_SAMPLES - ENCODER_DELAY_SAMPLES)), begun);
    return begun;
  };

  const push = (frame: Uint8Array): readonly Uint8Array[] => {
    const header = parseFrameHeader(frame, 0);
    if (header === undefined) return [];
    const { sampleRateHz, samples } = header;
    const channels = header.channelMode === 'mono' ? 1 : 2;
    const form: Form = { sampleRateHz, samples, channels };
    const before = encoding !== undefined && !isSame(encoding.form, form) ? end() : [];
    encoding ??= begin(form, header);
    encoding.due++;
    const { channelData } = decoder.decodeFrame(lead(frame));
    const sound = mixed(sized(channelData, samples), form, isBlended(header, kbps));
    return [...before, ...take(encoder.encode(sound), encoding)];
  };

  return {
    push,
    end,
    prime: (frames) => {
      for (const frame of frames) {
        push(frame);
        if (encoding !== undefined) encoding.primed = encoding.due;
      }
    },
  };
}
