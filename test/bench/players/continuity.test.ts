/** The checker of listeners' frames is itself checked: it must see each kind of fault, and nothing else. */
import { describe, expect, test } from 'vitest';
import {
  AUDIO,
  createContinuity,
  FRAME_BYTES,
  stepsAhead,
} from '../../../scripts/bench/players/continuity.js';
import { LOOP_FRAMES } from '../../../scripts/bench/players/numbered-audio.js';

const frames = (from: number, to: number): Buffer =>
  AUDIO.subarray(from * FRAME_BYTES, to * FRAME_BYTES);

/** Pushes in pieces of an odd size, so that frames are cut anywhere. */
function heard(...streams: readonly Buffer[]) {
  const continuity = createContinuity();
  const bytes = Buffer.concat(streams);
  for (let at = 0; at < bytes.length; at += 997) continuity.push(bytes.subarray(at, at + 997));
  return { ...continuity.counts, newest: continuity.newest };
}

const WHOLE = { missed: 0, repeated: 0, foreign: 0 };

describe('Continuity', () => {
  test('finds nothing wrong with a run of frames, wherever it begins', () => {
    expect(heard(frames(70, 100))).toEqual({ ...WHOLE, frames: 30, newest: 99 });
    expect(heard(AUDIO.subarray(70 * FRAME_BYTES + 100, 100 * FRAME_BYTES))).toEqual({
      ...{ ...WHOLE, frames: 29, newest: 99 },
    });
  });

  test('goes on from the end of the loop to its beginning', () => {
    const whole = { ...WHOLE, frames: 9, newest: 3 };
    expect(heard(frames(LOOP_FRAMES - 5, LOOP_FRAMES), frames(0, 4))).toEqual(whole);
  });

  test('counts frames that are missing, also over the end of the loop', () => {
    expect(heard(frames(10, 20), frames(23, 30))).toMatchObject({
      ...WHOLE,
      missed: 3,
      frames: 17,
    });
    const over = heard(frames(LOOP_FRAMES - 5, LOOP_FRAMES - 1), frames(2, 4));
    expect(over).toMatchObject({ ...WHOLE, missed: 3 });
  });

  test('counts frames that come again, and goes on after the newest', () => {
    const again = heard(frames(10, 20), frames(15, 25));
    expect(again).toEqual({ ...WHOLE, repeated: 5, frames: 20, newest: 24 });
  });

  test('counts bytes that are no frame of the broadcast, and the frame that is damaged by them', () => {
    const damaged = Buffer.from(frames(12, 13));
    damaged[200] = 1 ^ (damaged[200] ?? 0);
    const found = heard(frames(10, 12), damaged, frames(13, 20));
    expect(found).toEqual({ missed: 1, repeated: 0, foreign: FRAME_BYTES, frames: 9, newest: 19 });
    const padded = heard(frames(10, 12), Buffer.from('no frame'), frames(12, 20));
    expect(padded).toMatchObject({ ...WHOLE, foreign: 8 });
  });

  test('begins anew within a frame, and counts what is missing in between', () => {
    const continuity = createContinuity();
    continuity.push(frames(10, 20).subarray(0, -50));
    continuity.begin();
    continuity.push(AUDIO.subarray(24 * FRAME_BYTES + 10, 30 * FRAME_BYTES));
    expect(continuity.counts).toEqual({ ...WHOLE, missed: 6, frames: 14 });
  });
});

test('Steps between two numbers of the loop are taken the short way round', () => {
  expect(stepsAhead(3, 1)).toBe(2);
  expect(stepsAhead(1, 3)).toBe(-2);
  expect(stepsAhead(1, LOOP_FRAMES - 1)).toBe(2);
  expect(stepsAhead(LOOP_FRAMES - 1, 1)).toBe(-2);
});
