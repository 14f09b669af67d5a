/**
 * Cuts a stream of bytes, as a source client sends it, into MP3 frames. A source is a stranger's
 * program: it starts in mid-frame, sends whole files with tags and album art one after the other,
 * cuts the last frame off, or sends no MP3 at all. Each whole frame comes out once, in order and
 * unchanged; all else is told and dropped. look.ts has the rules.
 *
 * Memory: what is held between two calls is less than two frames (look.ts), and within a
 * tag one bounded text (id3-reader.ts). Time: linear in the bytes, whatever they are.
 */
import { unreachable } from '../../lib/assert.js';
import type { TagText } from '../tags/id3-reader.js';
import { createTagPassage, type TagPassage } from '../tags/tag-passage.js';
import { type Finding, look, type Place } from './boundary.js';
import type { FrameHeader } from './frame-header.js';
import { isVbrTagFrame } from './side-info.js';

/** What a stream holds, in its order. */
export type FramerEvent =
  /** `bytes` is a copy of its own, `header.frameBytes` long. */
  | { readonly kind: 'frame'; readonly bytes: Uint8Array; readonly header: FrameHeader }
  /** An ID3v2 tag: what follows has this title. Plain text, see plain-text.ts. */
  | ({ readonly kind: 'tag' } & TagText)
  /** So many bytes were no frame and no tag. Told at the latest when push() returns. */
  | { readonly kind: 'junk'; readonly bytes: number }
  /** A frame without sound: a table for players that seek in files. */
  | { readonly kind: 'vbrTag' };

/** What one stream may cost. */
export interface FramerLimits {
  /**
   * The longest tag, in bytes; a longer one is taken for junk. Larger: a wrong length may swallow
   * more sound. Smaller: album art is searched for frames. Guess: more than any picture seen.
   */
  readonly tagBytesMax: number;
  /** The longest title, artist or album, in UTF-16 units; what is longer is cut. Guess. */
  readonly textCharactersMax: number;
}

const FRAMER_LIMITS: FramerLimits = { tagBytesMax: 32 * 2 ** 20, textCharactersMax: 512 };

/** A framer of one stream; it never throws. */
export interface Framer {
  push(chunk: Uint8Array): FramerEvent[];
  /** No more bytes will come: tells what was held back. Later calls return nothing. */
  end(): FramerEvent[];
}

/** A framer at the beginning of a stream. */
export function createFramer(limits: FramerLimits = FRAMER_LIMITS): Framer {
  const ledger = createLedger();
  let held = new Uint8Array(0);
  let place: Place = { kind: 'boundary' };
  let passage: TagPassage | undefined;
  let ended = false;

  /** Deals with what stands at the beginning of `bytes`; says how many bytes that was. */
  const take = (finding: Finding, bytes: Uint8Array): number => {
    switch (finding.kind) {
      case 'unknown':
        return 0;
      case 'frame':
        place = { kind: 'boundary', previous: finding.header };
        ledger.frame(bytes, finding.header);
        return finding.header.frameBytes;
      case 'junk':
        place = { kind: 'lost' };
        ledger.junk(finding.bytes);
        return finding.bytes;
      case 'tag':
        if (place.kind === 'lost') place = { kind: 'boundary' };
        passage = createTagPassage(finding.tag, limits.textCharactersMax);
        return pass(passage, bytes);
      default:
        return unreachable(finding);
    }
  };

  const pass = (through: TagPassage, bytes: Uint8Array): number => {
    const passed = through.pass(bytes);
    const progress = through.progress();
    if (progress.kind !== 'within') passage = undefined;
    if (progress.kind === 'lost') place = progress;
    if (progress.kind === 'over' && progress.text !== undefined) ledger.tag(progress.text);
    return passed;
  };

  const run = (): FramerEvent[] => {
    let offset = 0;
    for (;;) {
      const bytes = held.subarray(offset);
      const view = { bytes, ended, tagBytesMax: limits.tagBytesMax };
      const taken = passage === undefined ? take(look(view, place), bytes) : pass(passage, bytes);
      if (taken === 0) break;
      offset += taken;
    }
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

/** The events of one call. Junk is added up until something else is met. */
function createLedger() {
  let events: FramerEvent[] = [];
  let junkBytes = 0;
  const settleJunk = (): void => {
    if (junkBytes > 0) events.push({ kind: 'junk', bytes: junkBytes });
    junkBytes = 0;
  };
  const tell = (event: FramerEvent): void => {
    settleJunk();
    events.push(event);
  };
  return {
    frame: (from: Uint8Array, header: FrameHeader): void => {
      const bytes = new Uint8Array(from.subarray(0, header.frameBytes));
      tell(isVbrTagFrame(bytes) ? { kind: 'vbrTag' } : { kind: 'frame', bytes, header });
    },
    tag: (text: TagText): void => tell({ kind: 'tag', ...text }),
    junk: (bytes: number): void => {
      junkBytes += bytes;
    },
    close: (): FramerEvent[] => {
      settleJunk();
      const told = events;
      events = [];
      return told;
    },
  };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
