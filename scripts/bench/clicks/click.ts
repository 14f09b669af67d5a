/**
 * How loud a click is where a listener goes over from one bit rate to another.
 *
 * Both what was heard and the original are decoded, and their difference is looked at. Most of it is the noise
 * of the lower rate, which is there all the time and is no click. At a change MP3 overlaps
 * the last window of the one with the first window of the other (576 samples, sine and cosine), each of its
 * 32 bands on its own. If both were made of the same sound with windows that fit, the difference D becomes
 * w1^2 D - w1 w2 D', where D' is D in reverse: at most 1.46 times the power that D has within the overlap.
 * A click is what exceeds that. It has power in all bands, also where the lower rate has little noise:
 *
 *   noise(t, b)    power of the difference in band b (two of the codec's), over some 3 ms, which an ear
 *                  tells apart
 *   allowed(t, b)  1.46 times the largest noise that the lower rate alone has in b within one overlap of t
 *   click(t)       the sum over the bands of noise - allowed where that is positive, in dB of full scale
 *
 * Wrong bytes, a window that does not fit, a lost overlap and a sample that is missing all exceed it.
 */
import { STEP, spectrumOf } from './spectrum.js';

/** Half a window of the transform, and the window of the filter bank, samples. */
const OVERLAP = 576;
const FILTER_BANK = 512;
const ALLOWED = 1.46;
/** The share of a band's power that the filter bank has in the next one. Guess. */
const LEAKED = 0.1;
/** The lowest that is told, dB of full scale. */
export const SILENT_DB = -120;

/** The sound of the original, of the lower rate alone, and of what changes between both. */
export interface Decoded {
  readonly original: Float32Array;
  readonly lower: Float32Array;
  readonly heard: Float32Array;
}

export interface ClickMeter {
  /** The largest click from one sample to another, dB of full scale. */
  clickDb(from: number, to: number): number;
  /** The noise that the lower rate has anyway from one sample to another, at its loudest, dB. */
  noiseDb(from: number, to: number): number;
}

const decibels = (power: number): number =>
  Math.max(SILENT_DB, 10 * Math.log10(Math.max(power, Number.MIN_VALUE)));

const difference = (one: Float32Array, other: Float32Array): Float32Array =>
  one.map((value, at) => value - (other[at] ?? 0));

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** Creates a meter that compares what was heard with what the lower rate has anyway. */
export function createClickMeter({ original, lower, heard }: Decoded): ClickMeter {
  const noise = spectrumOf(difference(heard, original));
  const usual = spectrumOf(difference(lower, original));
  const reach = Math.ceil((OVERLAP + FILTER_BANK) / STEP);

  const excessAt = (index: number): number => {
    const near = usual.slice(Math.max(0, index - reach), index + reach + 1);
    const most = (band: number): number =>
      near.reduce((largest, one) => Math.max(largest, one[band] ?? 0), 0);
    const bands = (noise[index] ?? new Float64Array()).map((power, band) => {
      const leaked = LEAKED * (most(band - 1) + most(band + 1));
      return Math.max(0, power - ALLOWED * (most(band) + leaked));
    });
    return sum(bands);
  };

  const within = (from: number, to: number, powerAt: (index: number) => number): number => {
    let most = 0;
    const last = Math.min(Math.floor(to / STEP), noise.length - 1);
    for (let index = Math.max(0, Math.ceil(from / STEP)); index <= last; index++) {
      most = Math.max(most, powerAt(index));
    }
    return decibels(most);
  };

  return {
    clickDb: (from, to) => within(from, to, excessAt),
    noiseDb: (from, to) => within(from, to, (index) => sum(usual[index] ?? new Float64Array())),
  };
}
