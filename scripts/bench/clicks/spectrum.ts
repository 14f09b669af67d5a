/** The power of sound in bands of equal width, over short windows. */

const SPAN = 256;
/** From one window to the next, samples. */
export const STEP = 64;
const BANDS = 16;
const BINS = SPAN / 2 / BANDS;

const WINDOW = Float64Array.from(
  { length: SPAN },
  (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / SPAN),
);
const WINDOW_POWER = WINDOW.reduce((sum, value) => sum + value * value, 0);

const COS = Float64Array.from({ length: SPAN / 2 }, (_, at) => Math.cos((2 * Math.PI * at) / SPAN));
const SIN = Float64Array.from({ length: SPAN / 2 }, (_, at) => Math.sin((2 * Math.PI * at) / SPAN));

/** Where each value goes before the transform: its place with the bits reversed. */
const PLACES = Uint16Array.from({ length: SPAN }, (_, at) => {
  const bits = at.toString(2).padStart(Math.log2(SPAN), '0');
  return Number.parseInt([...bits].reverse().join(''), 2);
});

/** Fourier's transform of SPAN real values: real and imaginary parts. */
function transform(values: Float64Array): readonly [Float64Array, Float64Array] {
  const re = new Float64Array(SPAN);
  const im = new Float64Array(SPAN);
  for (let at = 0; at < SPAN; at++) re[PLACES[at] as number] = values[at] as number;
  for (let half = 1; half < SPAN; half *= 2) {
    for (let at = 0; at < SPAN; at++) {
      if ((at & half) !== 0) continue;
      const turn = (at & (half - 1)) * (SPAN / 2 / half);
      const [cos, sin] = [COS[turn] as number, SIN[turn] as number];
      const [odd, oddIm] = [re[at + half] as number, im[at + half] as number];
      const turnedRe = odd * cos + oddIm * sin;
      const turnedIm = oddIm * cos - odd * sin;
      re[at + half] = (re[at] as number) - turnedRe;
      im[at + half] = (im[at] as number) - turnedIm;
      re[at] = (re[at] as number) + turnedRe;
      im[at] = (im[at] as number) + turnedIm;
    }
  }
  return [re, im];
}

/** Mean square of each band over the window of SPAN samples that begins at a sample. */
function bandsAt(sound: Float32Array, from: number): Float64Array {
  const [re, im] = transform(WINDOW.map((value, at) => value * (sound[from + at] ?? 0)));
  return Float64Array.from({ length: BANDS }, (_, band) => {
    let sum = 0;
    for (let bin = band * BINS; bin < (band + 1) * BINS; bin++) {
      sum += (re[bin] ?? 0) ** 2 + (im[bin] ?? 0) ** 2;
    }
    return (2 * sum) / (SPAN * WINDOW_POWER);
  });
}

/** The bands of each window, one each STEP samples. */
export function spectrumOf(sound: Float32Array): readonly Float64Array[] {
  const count = Math.max(0, Math.floor((sound.length - SPAN) / STEP) + 1);
  return Array.from({ length: count }, (_, index) => bandsAt(sound, index * STEP));
}
