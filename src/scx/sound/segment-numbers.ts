/**
 * The numbers of segments in playlists (RFC 8216 §4.3.3): the media sequence number, by which players
 * that ask again know which segments they have, and the discontinuity sequence number. All SCXs of a
 * session must agree about them, or a player that comes to another one stalls or repeats.
 *
 * The blocks of a source (segment.ts) are numbered one after the other, so a single place says it all: the
 * number of one segment of the source, the oldest one that is known, as all later ones follow from it. An SCX that has played nothing yet goes on from a place that it was
 * told, by its neighbours in their HELLO (wire/hello.ts), or by its front end, which knows that of the SCX
 * before it. Nobody can work it out alone: what was on the air before is in no frame, and the clocks of those
 * who sign frames differ. If nobody knows a place, the blocks count from the source's first frame.
 *
 * What is told is a stranger's word: it decides only with which number an SCX begins, and for at most
 * AHEAD_MS_MAX when. Bounded: TOLD_MAX places, whose numbers leave room for all that follows.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import type { SegmentPlace } from '../../wire/hello.js';
import type { PlayedFrame } from './chunk.js';
import { blockOf, startsBlock } from './segment.js';

/** Where a segment stands. */
export interface Numbers {
  readonly number: number;
  readonly discontinuities: number;
}

/** What an SCX was told before its first segment. */
export interface ToldPlaces {
  /** `unseen`: segments that may have followed unnoticed. */
  tell(place: SegmentPlace, unseen?: number): void;
  /** Whether the first segment may begin with the frame. */
  mayBegin(source: SourceId, frame: PlayedFrame): boolean;
  /** The numbers of the first segment, which begins with the frame. */
  begin(source: SourceId, frame: PlayedFrame): Numbers;
}

/** More than an SCX has neighbours. */
const TOLD_MAX = 16;
/** A neighbour may be ahead of what arrives here: its place is waited for, in all ms of sound. Guess. */
const AHEAD_MS_MAX = 10_000;
/** Higher numbers than those of a segment a second for 30,000 years are a lie. */
const NUMBER_MAX = 2 ** 40;

/** How many blocks lie between two frames of a source. */
export const blocksBetween = (from: number, { sequence, durationMs }: PlayedFrame): number =>
  blockOf(sequence, durationMs) - blockOf(from, durationMs);

/** Creates the places of an SCX that was told nothing yet. */
export function createToldPlaces(): ToldPlaces {
  let waitedMs = 0;
  let told: (SegmentPlace & { readonly unseen: number })[] = [];

  /** The place of the source, or of any, that has come furthest. */
  const furthest = (source?: SourceId) =>
    told
      .filter((place) => source === undefined || place.source === source)
      .reduce<(typeof told)[number] | undefined>(
        (best, one) => (best !== undefined && best.last >= one.last ? best : one),
        undefined,
      );

  return {
    tell: (place, unseen = 0) => {
      if (Math.max(place.number, place.last, place.discontinuities) > NUMBER_MAX) return;
      told = [...told, { ...place, unseen }].slice(-TOLD_MAX);
    },
    mayBegin: (source, frame) => {
      const place = furthest(source);
      const aheadMs = ((place?.first ?? 0) - frame.sequence) * frame.durationMs;
      if (aheadMs > 0 && aheadMs + waitedMs <= AHEAD_MS_MAX) {
        waitedMs += frame.durationMs;
        return false;
      }
      return frame.sequence === place?.first || startsBlock(frame.sequence, frame.durationMs);
    },
    begin: (source, frame) => {
      const same = furthest(source);
      const blocks = blocksBetween(same?.first ?? 0, frame);
      if (same !== undefined && same.number + blocks >= 0) {
        return { number: same.number + blocks, discontinuities: same.discontinuities };
      }
      const other = furthest();
      if (other === undefined) return { number: blocks, discontinuities: 0 };
      const { last, unseen, discontinuities } = other;
      return { number: last + unseen + 1, discontinuities: discontinuities + 1 };
    },
  };
}
