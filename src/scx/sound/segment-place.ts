/** Which segments of a list follow each other up to its end, and where they stand (wire/hello.ts). */
import type { SourceId } from '../../gossamer/core/node.js';
import { parseSegmentName } from '../../icecast/segment-name.js';
import type { SegmentPlace } from '../../wire/hello.js';

/** A segment that stands in the playlists, by its numbers. */
type Placed = Omit<SegmentPlace, 'last'> & { readonly startsStream: boolean };

type Listed = Omit<Placed, 'source' | 'first'> & { readonly name: string };

/** A segment of a list, if its name is one. */
export function namedSegment({ name, ...numbers }: Listed): Placed[] {
  const named = parseSegmentName(name);
  if (named === undefined) return [];
  const { source, first } = named;
  const { number, discontinuities, startsStream } = numbers;
  return [{ source: source as SourceId, first, number, discontinuities, startsStream }];
}

/** The place of the newest ones that follow each other. */
export function placeOf(all: readonly Placed[]): SegmentPlace | undefined {
  const begins = ({ source, number, startsStream }: Placed, index: number): boolean => {
    const before = all[index - 1];
    return startsStream || before?.source !== source || before.number + 1 !== number;
  };
  const oldest = all.findLast(begins);
  if (oldest === undefined) return undefined;
  const { startsStream: _, ...place } = oldest;
  return { ...place, last: all.at(-1)?.number ?? place.number };
}

/** The newest segments whose numbers follow each other. */
export function consecutive<One extends Pick<Placed, 'number'>>(
  kept: readonly One[],
): readonly One[] {
  const isBreak = ({ number }: One, index: number): boolean =>
    index > 0 && (kept[index - 1]?.number ?? number) + 1 !== number;
  return kept.slice(Math.max(0, kept.findLastIndex(isBreak)));
}
