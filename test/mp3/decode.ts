/** What a decoder hears of MP3 frames, for tests that compare sound. */
import { MPEGDecoder } from 'mpg123-decoder';

/** The first channel, from the first frame on; the length of each frame's sound. */
export interface Heard {
  readonly samples: Float32Array;
  readonly lengths: readonly number[];
  readonly errors: number;
}

/** Decodes frames one by one, as a player does. */
export async function decoded(frames: readonly Uint8Array[]): Promise<Heard> {
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  const parts: Float32Array[] = [];
  let errors = 0;
  for (const frame of frames) {
    const { channelData, errors: found } = decoder.decodeFrame(frame);
    parts.push(new Float32Array(channelData[0] ?? []));
    errors += found.length;
  }
  decoder.free();
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { samples, lengths: parts.map(({ length }) => length), errors };
}

/** How alike two signals are where the second one is `lag` samples later: 1 for the same. */
export function correlation(one: Float32Array, other: Float32Array, lag = 0): number {
  let [product, squares, others] = [0, 0, 0];
  for (let index = Math.max(0, -lag); index < one.length && index + lag < other.length; index++) {
    const [a, b] = [one[index] as number, other[index + lag] as number];
    product += a * b;
    squares += a * a;
    others += b * b;
  }
  return squares === 0 || others === 0 ? 0 : product / Math.sqrt(squares * others);
}

/** The lag, of those up to `most` samples either way, where they are most alike. */
export function bestLag(one: Float32Array, other: Float32Array, most: number): number {
  let best = { lag: 0, alike: -1 };
  for (let lag = -most; lag <= most; lag++) {
    const alike = correlation(one, other, lag);
    if (alike > best.alike) best = { lag, alike };
  }
  return best.lag;
}
