/** A stream that goes over from the original to a lower rate and back again and again. */
import { createReservoir, wholeFrame } from '../../../src/mp3/frames/whole-frame.js';

/** Where a passage begins: the frame, and whether the original begins there. */
interface Change {
  readonly frame: number;
  readonly toOriginal: boolean;
}

export interface Spliced {
  readonly stream: readonly Uint8Array[];
  readonly changes: readonly Change[];
}

interface SpliceOptions {
  readonly original: readonly Uint8Array[];
  /** One frame for each. */
  readonly lower: readonly Uint8Array[];
  /** The shortest passage, frames. */
  readonly least: number;
  /** Whether the second frame may follow the first one, which is of the other rate. */
  mayFollow(before: Uint8Array, frame: Uint8Array): boolean;
}

/** More frames than any bit reservoir reaches back. */
const REACH = 12;

/** A frame that stands alone; the frame itself where it cannot be made so. */
function standingAlone(frames: readonly Uint8Array[], at: number, frame: Uint8Array): Uint8Array {
  const reservoir = createReservoir();
  for (const before of frames.slice(Math.max(0, at - REACH), at)) reservoir.add(before);
  return wholeFrame(frame, reservoir.bytes) ?? frame;
}

/** Passages by turns, each as short as it may be. */
export function splice({ original, lower, least, mayFollow }: SpliceOptions): Spliced {
  const stream: Uint8Array[] = [];
  const changes: Change[] = [];
  let [isOriginal, begun] = [true, 0];
  for (let at = 0; at < original.length; at++) {
    const [own, other] = isOriginal ? [original, lower] : [lower, original];
    const [before, next] = [own[at - 1], other[at]];
    if (before && next && at - begun >= least && mayFollow(before, next)) {
      [isOriginal, begun] = [!isOriginal, at];
      changes.push({ frame: at, toOriginal: isOriginal });
      stream.push(standingAlone(other, at, next));
    } else stream.push(own[at] as Uint8Array);
  }
  return { stream, changes };
}
