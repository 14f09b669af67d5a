/** What the tests of recordings share: a session that plays, a folder, and a clock. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createFramer } from '../../../src/mp3/frames/framer.js';
import type { PlayedFrame } from '../../../src/scx/sound/chunk.js';
import { createSegments } from '../../../src/scx/sound/segments.js';

const SOURCE = 'a'.repeat(16) as SourceId;
export const OTHER = 'b'.repeat(16) as SourceId;
/** A full hour, ms since 1970. */
export const HOUR = Date.UTC(2026, 10, 30, 16);

const CLIP = fileURLToPath(new URL('../../../web/demo/clip.mp3', import.meta.url));

/** The frames of the demo's clip, over and over. */
const FRAMES: readonly { readonly bytes: Uint8Array; readonly durationMs: number }[] = (() => {
  const framer = createFramer();
  const events = [...framer.push(readFileSync(CLIP)), ...framer.end()];
  return events.flatMap((event) =>
    event.kind === 'frame' ? [{ bytes: event.bytes, durationMs: event.header.durationMs }] : [],
  );
})();

/** The frame with this number, as every SCX has it. */
const frameAt = (sequence: number, title: string | null = null): PlayedFrame => {
  const frame = FRAMES[sequence % FRAMES.length];
  if (frame === undefined) throw new Error('no frames');
  return { ...frame, sequence, startsStream: false, title };
};

/** A session that plays when it is told to, from a frame on, and its clock. */
export function createSession(startMs = HOUR, first = 0) {
  const segments = createSegments();
  let nowMs = startMs;
  let next = first;
  const play = (frames: number, source = SOURCE, title: string | null = null): void => {
    for (let index = 0; index < frames; index++) {
      const frame = frameAt(next++, title);
      nowMs += frame.durationMs;
      segments.append(source, frame);
    }
  };
  return {
    segments,
    play,
    skip: (frames: number) => {
      next += frames;
      nowMs += frames * (FRAMES[0]?.durationMs ?? 0);
    },
    wallNow: () => nowMs,
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

/** The bytes of the frames from one number to another. */
export const soundOf = (first: number, end: number): Buffer =>
  Buffer.concat(Array.from({ length: end - first }, (_, index) => frameAt(first + index).bytes));
