/**
 * Audio in which every frame differs from every other: silence, with the frame's number and a
 * pattern made from it in bytes that decoders skip. So a listener can check of each frame whether
 * it is whole, and whether it is the next one.
 */
import { createHash } from 'node:crypto';

/** 128 kbit/s at 48 kHz, stereo. */
export const FRAME_MS = 24;
const FRAME_BYTES = 384;
const HEADER = [0xff, 0xfb, 0x94, 0x04] as const;
/** Header and side information; the main data follow. */
const NUMBER_AT = 36;
const PATTERN_AT = NUMBER_AT + 4;

/** Frames in the loop: ten minutes. */
export const LOOP_FRAMES = 25_000;

/** The frame of a number. */
function frameOf(number: number): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.set(HEADER);
  frame.writeUInt32BE(number, NUMBER_AT);
  const pattern = createHash('sha256').update(String(number)).digest();
  // Without the highest bits no byte looks like the beginning of a header.
  for (let at = PATTERN_AT; at < FRAME_BYTES; at++) {
    frame[at] = (pattern[at % pattern.length] ?? 0) & 0x7f;
  }
  return frame;
}

/** An MP3 file, to be looped. */
export const numberedAudio = (): Buffer =>
  Buffer.concat(Array.from({ length: LOOP_FRAMES }, (_, number) => frameOf(number)));

/** The number of a frame; undefined: no such frame was broadcast. */
export function numberOf(frame: Uint8Array): number | undefined {
  if (frame.length !== FRAME_BYTES) return undefined;
  const number = Buffer.from(frame.buffer, frame.byteOffset, frame.length).readUInt32BE(NUMBER_AT);
  return number < LOOP_FRAMES && frameOf(number).equals(frame) ? number : undefined;
}
