/**
 * The name of a segment of HLS: `SOURCE-FIRST-COUNT.mp3`. It states the source, the source's number of the
 * first frame, and how many frames there are, and is the same at every SCX (scx/sound/segment.ts).
 */

/** What the name of a segment states. */
export interface NamedSegment {
  /** The id of the source. */
  readonly source: string;
  readonly first: number;
  readonly count: number;
}

const NAME = /^([0-9a-f]{16})-(\d{1,15})-(\d{1,3})\.mp3$/;

export const printSegmentName = ({ source, first, count }: NamedSegment): string =>
  `${source}-${first}-${count}.mp3`;

/** Reads the name of a segment; undefined if it is none. */
export function parseSegmentName(name: string): NamedSegment | undefined {
  const [, source, first, count] = NAME.exec(name) ?? [];
  if (source === undefined) return undefined;
  return { source, first: Number(first), count: Number(count) };
}
