/**
 * Cuts a stream of bytes, as an encoder sends it, into MP3 frames. An encoder is an unknown
 * program: it may start in mid-frame, send whole files with tags and album art one after the other,
 * cut the last frame off, or send no MP3 at all. Each whole frame comes out once, in order and
 * unchanged; everything else is reported and dropped. boundary.ts has the rules.
 *
 * Memory: less than two frames and a sector of padding are held between two calls (boundary.ts),
 * and within a tag one bounded text (id3-reader.ts). Time: linear in the bytes, whatever they are.
 */
import { unreachable } from '../../lib/assert.js';
import type { TagText } from '../tags/id3-reader.js';
import { createTagPassage, type TagPassage } from '../tags/tag-passage.js';
import { type Finding, identify, type Sync } from './boundary.js';
import type { FrameHeader } from './frame-header.js';
import { isVbrTagFrame } from './side-info.js';

/** The content of a stream, in its order. */
export type FramerEvent =
  /** `bytes` is a copy of its own, `header.frameBytes` long. */
  | { readonly kind: 'frame'; readonly bytes: Uint8Array; readonly header: FrameHeader }
  /** An ID3v2 tag, which names the recording that follows. Plain text, see lib/plain-text.ts. */
  | ({ readonly kind: 'tag' } & TagText)
  /** These bytes were neither a frame nor a tag. Reported at the latest when push() returns. */
  | { readonly kind: 'junk'; readonly bytes: number }
  /** A frame without sound: a table for players that seek in files. */
  | { readonly kind: 'vbrTag' };

/** Bounds of what one stream may cost. */
export interface FramerLimits {
  /**
   * The longest tag, in bytes; a longer one is taken for junk. Larger: a tag with a wrong length
   * may hide more sound. Smaller: album art is searched for frames. Guess: more than any picture
   * seen.
   */
  readonly tagBytesMax: number;
  /** The longest title, artist or album, in UTF-16 units; longer ones are cut. Guess. */
  readonly textCharactersMax: number;
}

export const FRAMER_LIMITS: FramerLimits = { tagBytesMax: 32 * 2 ** 20, textCharactersMax: 512 };

/** A framer of one stream; it never throws. */
export interface Framer {
  push(chunk: Uint8Array): FramerEvent[];
  /** The stream has ended: returns what was held back. Later calls return nothing. */
  end(): FramerEvent[];
}

/** Takes what begins the bytes, and returns how many bytes that was; 0: more are needed. */
type Step = (bytes: Uint8Array, ended: boolean) => number;

/** Creates the step function of one stream; it records what it finds in the ledger. */
function createStep({ tagBytesMax, textCharactersMax }: FramerLimits, ledger: Ledger): Step {
  let sync: Sync = { kind: 'boundary' };
  let passage: TagPassage | undefined;

  const pass = (through: TagPassage, bytes: Uint8Array): number => {
    const passed = through.pass(bytes);
    const progress = through.progress();
    if (progress.kind !== 'within') passage = undefined;
    if (progress.kind === 'lost') sync = progress;
    if (progress.kind === 'over' && progress.text !== undefined) ledger.tag(progress.text);
    return passed;
  };

  const take = (finding: Finding, bytes: Uint8Array): number => {
    switch (finding.kind) {
      case 'unknown':
        return 0;
      case 'frame':
        sync = { kind: 'boundary', previous: finding.header };
        ledger.frame(bytes, finding.header);
        return finding.header.frameBytes;
      case 'junk':
        sync = { kind: 'lost' };
        ledger.junk(finding.bytes);
        return finding.bytes;
      case 'tag':
        if (sync.kind === 'lost') sync = { kind: 'boundary' };
        passage = createTagPassage(finding.tag, textCharactersMax);
        return pass(passage, bytes);
      default:
        return unreachable(finding);
    }
  };

  return (bytes, ended) => {
    if (passage !== undefined) return pass(passage, bytes);
    return take(identify({ bytes, ended, tagBytesMax }, sync), bytes);
  };
}

/** Creates a framer at the beginning of a stream. */
export function createFramer(limits: FramerLimits = FRAMER_LIMITS): Framer {
  const ledger = createLedger();
  const step = createStep(limits, ledger);
  let held = new Uint8Array(0);
  let ended = false;

  const run = (): FramerEvent[] => {
    let offset = 0;
    let taken: number;
    do {
      taken = step(held.subarray(offset), ended);
      offset += taken;
    } while (taken > 0);
    held = new Uint8Array(held.subarray(offset));
    return ledger.close();
  };

  return {
    push: (chunk) => {
      if (ended) return [];
      held = joined(held, chunk);
      return run();
    },
    end: () => {
      if (ended) return [];
      ended = true;
      return run();
    },
  };
}

type Ledger = ReturnType<typeof createLedger>;

/** Creates the list of events of one call. Junk is added up until something else comes. */
function createLedger() {
  let events: FramerEvent[] = [];
  let junkBytes = 0;
  const settleJunk = (): void => {
    if (junkBytes > 0) events.push({ kind: 'junk', bytes: junkBytes });
    junkBytes = 0;
  };
  const add = (event: FramerEvent): void => {
    settleJunk();
    events.push(event);
  };
  return {
    frame: (from: Uint8Array, header: FrameHeader): void => {
      const bytes = new Uint8Array(from.subarray(0, header.frameBytes));
      add(isVbrTagFrame(bytes) ? { kind: 'vbrTag' } : { kind: 'frame', bytes, header });
    },
    tag: (text: TagText): void => add({ kind: 'tag', ...text }),
    junk: (bytes: number): void => {
      junkBytes += bytes;
    },
    close: (): FramerEvent[] => {
      settleJunk();
      const closed = events;
      events = [];
      return closed;
    },
  };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
