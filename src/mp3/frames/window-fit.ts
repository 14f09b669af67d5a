/**
 * Whether a stream may go over from the frames of one encoder to those of another here. Each granule is
 * transformed in a window that overlaps with the one before it. The halves that overlap are made for each
 * other: long after long, short after short. Where an attack is near, encoders use short windows, and not all
 * of them at the same places. If a half of another form follows, what the transform has folded into both does
 * not cancel out, and is heard as a click (-18 dB of full scale was measured, `npm run bench -- clicks`). One of the
 * next frames fits.
 */
import { parseFrameHeader } from './frame-header.js';
import { blockTypes } from './side-info.js';

const [NORMAL, START, , STOP] = [0, 1, 2, 3] as const;

const endsLong = (type: number): boolean => type === NORMAL || type === STOP;
const beginsLong = (type: number): boolean => type === NORMAL || type === START;

/**
 * Whether the first windows of `frame` are those that the last ones of the frame before it overlap with. False if
 * either begins with no header, or they differ in sample rate or in the number of channels.
 */
export function windowsFit(before: Uint8Array, frame: Uint8Array): boolean {
  const [one, other] = [parseFrameHeader(before, 0), parseFrameHeader(frame, 0)];
  if (one === undefined || other === undefined) return false;
  const channels = one.channelMode === 'mono' ? 1 : 2;
  const isSame = channels === (other.channelMode === 'mono' ? 1 : 2);
  if (!isSame || one.sampleRateHz !== other.sampleRateHz) return false;
  const last = blockTypes(before).slice(-channels);
  const next = blockTypes(frame).slice(0, channels);
  return last.every((type, channel) => endsLong(type) === beginsLong(next[channel] ?? NORMAL));
}
