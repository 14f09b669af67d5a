/** Where a stretch stands in a recording. */
import type { Stretch } from '../../api/recordings/recording-files.js';

/** Of all files of recordings. */
export const FILE_MODE = 0o600;

/** The place of a stretch behind the last one. */
export function placeAfter(
  last: Stretch | null | undefined,
  { source, first }: Pick<Stretch, 'source' | 'first'>,
): Pick<Stretch, 'number' | 'breaks' | 'playedMs'> {
  if (!last) return { number: 0, breaks: 0, playedMs: 0 };
  const continues = source === last.source && first === last.first + last.count;
  const breaks = last.breaks + Number(!continues);
  return { number: last.number + 1, breaks, playedMs: last.playedMs + last.durationMs };
}
