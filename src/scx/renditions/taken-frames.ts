/**
 * The frames of one rendition as they come over its channel, by source and number: they wait here until the
 * frame that each one stands for is played.
 *
 * Bounded: KEPT_MAX frames, and the runs of RUNS_MAX sources.
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createReservoir } from '../../mp3/frames/whole-frame.js';
import { frameOf } from '../sound/on-air.js';

/** Frames of a source that came without a hole. */
interface Run {
  readonly first: number;
  readonly last: number;
  /** When the first of them came. */
  readonly since: number;
}

export interface TakenFrames {
  /** Takes an ADU of the channel; false: it is no frame. */
  add(adu: Adu, now: number): boolean;
  get(source: SourceId | undefined, sequence: number): Uint8Array | undefined;
  /** The main data of the frames before one, as far as they are here. */
  reservoir(source: SourceId | undefined, sequence: number): Uint8Array;
  /** The newest frames of a source. */
  run(source: SourceId | undefined): Run | undefined;
}

/** Of two sources, what SCXs keep of a channel. */
const KEPT_MAX = 2048;
const RUNS_MAX = 16;
/** At 32 kbit/s the longest reach of a frame is eight frames; and one more. */
const REACHED_MAX = 9;

const keyOf = (source: SourceId | undefined, sequence: number): string => `${source}/${sequence}`;

/** Creates a store without frames. */
export function createTakenFrames(): TakenFrames {
  const frames = createBoundedMap<string, Uint8Array>(KEPT_MAX);
  const runs = createBoundedMap<SourceId, Run>(RUNS_MAX);

  const note = (source: SourceId, sequence: number, now: number): void => {
    const run = runs.get(source);
    const continues = run !== undefined && run.last + 1 === sequence;
    const begun = continues ? run : { first: sequence, since: now };
    runs.set(source, { ...begun, last: sequence });
  };

  const get: TakenFrames['get'] = (source, sequence) =>
    source === undefined ? undefined : frames.get(keyOf(source, sequence));

  return {
    add: (adu, now) => {
      if (frameOf(adu) === undefined) return false;
      frames.set(keyOf(adu.source, adu.sequence), adu.payload);
      note(adu.source, adu.sequence, now);
      return true;
    },
    get,
    reservoir: (source, sequence) => {
      const before: Uint8Array[] = [];
      for (let at = sequence - 1; at >= sequence - REACHED_MAX; at--) {
        const frame = get(source, at);
        if (frame === undefined) break;
        before.unshift(frame);
      }
      const reservoir = createReservoir();
      for (const frame of before) reservoir.add(frame);
      return reservoir.bytes;
    },
    run: (source) => (source === undefined ? undefined : runs.get(source)),
  };
}
