/**
 * The four bytes in front of each MP3 frame (ISO 11172-3 §2.4.2.3, ISO 13818-3; MPEG 2.5 is
 * Fraunhofer's extension to low sample rates). Only they give the length of the frame: an MP3
 * stream has no other structure. Eleven set bits are a weak mark within compressed data, so every
 * reserved value is refused here, and boundary.ts asks for more evidence.
 *
 * Departure: free format (no bit rate in the header) is refused. Few encoders write it, and many
 * players cannot play it.
 */

/** The header of one Layer III frame. */
export interface FrameHeader {
  readonly mpegVersion: 1 | 2 | 2.5;
  readonly bitrateKbps: number;
  readonly sampleRateHz: number;
  /** One byte longer than usual, to keep the bit rate on average. */
  readonly padded: boolean;
  readonly channelMode: 'stereo' | 'joint' | 'dual' | 'mono';
  /** A CRC-16 of header and side information follows the header. */
  readonly hasCrc: boolean;
  /** The length of the whole frame, including this header: 24 to 1441. */
  readonly frameBytes: number;
  /** Per channel, in this frame. */
  readonly samples: 1152 | 576;
  /** A fraction: 26.122... at 44.1 kHz. */
  readonly durationMs: number;
}

export const HEADER_BYTES = 4;

/** The longest possible frame: 320 kbit/s at 32 kHz, or 160 kbit/s at 8 kHz, padded. */
export const FRAME_BYTES_MAX = 1441;

const BITRATES_KBPS_1 = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_KBPS_2 = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES_HZ_1 = [44100, 48000, 32000];
const VERSIONS = [2.5, undefined, 2, 1] as const;
const CHANNEL_MODES = ['stereo', 'joint', 'dual', 'mono'] as const;

const LAYER_III = 1;
const EMPHASIS_RESERVED = 2;

/**
 * Reads the header at `offset`. Undefined without one: fewer than four bytes, no sync word, another
 * layer, free format, or a reserved value.
 */
export function parseFrameHeader(bytes: Uint8Array, offset: number): FrameHeader | undefined {
  if (bytes[offset] !== 0xff || offset + HEADER_BYTES > bytes.length) return undefined;
  const second = bytes[offset + 1] as number;
  const third = bytes[offset + 2] as number;
  const fourth = bytes[offset + 3] as number;
  if (second < 0xe0 || ((second >> 1) & 3) !== LAYER_III) return undefined;
  if ((fourth & 3) === EMPHASIS_RESERVED) return undefined;

  const mpegVersion = VERSIONS[(second >> 3) & 3];
  const rateHz = SAMPLE_RATES_HZ_1[(third >> 2) & 3];
  const bitrates = mpegVersion === 1 ? BITRATES_KBPS_1 : BITRATES_KBPS_2;
  const bitrateKbps = bitrates[(third >> 4) - 1];
  if (mpegVersion === undefined || rateHz === undefined || bitrateKbps === undefined) {
    return undefined;
  }

  const sampleRateHz = rateHz / (mpegVersion === 2.5 ? 4 : mpegVersion);
  const samples = mpegVersion === 1 ? 1152 : 576;
  const padded = (third & 2) !== 0;
  return {
    mpegVersion,
    bitrateKbps,
    sampleRateHz,
    padded,
    channelMode: CHANNEL_MODES[fourth >> 6] as FrameHeader['channelMode'],
    hasCrc: (second & 1) === 0,
    frameBytes: Math.floor((samples * bitrateKbps * 125) / sampleRateHz) + (padded ? 1 : 0),
    samples,
    durationMs: (samples * 1000) / sampleRateHz,
  };
}

/**
 * Whether two frames may follow each other in one recording: same version and sample rate. Bit
 * rate (VBR), padding and stereo mode change from frame to frame.
 */
export function sameFamily(one: FrameHeader, other: FrameHeader): boolean {
  return one.mpegVersion === other.mpegVersion && one.sampleRateHz === other.sampleRateHz;
}

/** A bit rate of a header's version: its index in the header, and the length of a frame without padding. */
interface RateChoice {
  readonly index: number;
  readonly frameBytes: number;
}

/** The lowest bit rate with which a frame of this form has so many bytes; undefined: none has. */
export function bitrateIndexFor(header: FrameHeader, bytes: number): RateChoice | undefined {
  const rates = header.mpegVersion === 1 ? BITRATES_KBPS_1 : BITRATES_KBPS_2;
  const { samples, sampleRateHz } = header;
  const lengths = rates.map((kbps) => Math.floor((samples * kbps * 125) / sampleRateHz));
  const found = lengths.findIndex((length) => length >= bytes);
  const frameBytes = lengths[found];
  return frameBytes === undefined ? undefined : { index: found + 1, frameBytes };
}
