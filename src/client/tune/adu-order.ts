/**
 * What has been received, by number. An ADU that comes again is dropped, and a number that is left out
 * is counted as missed. The numbers go into the HELLO of the next connection, at this SCX or another
 * one, so that it goes on where the last one broke.
 *
 * Bounded: POSITIONS_MAX sources and channels; the one that was heard least recently is forgotten.
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { AUDIO_CHANNEL } from '../../session/channels.js';
import type { Position } from '../../wire/hello.js';
import { BOUNDS } from '../../wire/limits.js';

/** What has become of an ADU. */
type Placed =
  | { readonly kind: 'again' }
  /** It is the next one; `missed` before it were left out, and of its source it may be the first. */
  | { readonly kind: 'next'; readonly missed: number; readonly isFirst: boolean };

export interface AduOrder {
  place(adu: Pick<Adu, 'source' | 'channel' | 'sequence'>): Placed;
  /** What was received. Of the sound only the source that was heard last: others end before it. */
  positions(): Position[];
}

/** Without the sound, which has a position of its own. */
const POSITIONS_MAX = BOUNDS.positionsMax - 1;

const keyOf = (source: SourceId, channel: number): string => `${source}/${channel}`;

/** Creates an order in which nothing has been received. */
export function createAduOrder(): AduOrder {
  const known = createBoundedMap<string, Position>(POSITIONS_MAX);
  let playing: SourceId | undefined;
  return {
    place: ({ source, channel, sequence }) => {
      const key = keyOf(source, channel);
      const before = known.get(key);
      if (before !== undefined && sequence < before.next) return { kind: 'again' };
      known.set(key, { source, channel, next: sequence + 1 });
      const isFirst = before === undefined || (channel === AUDIO_CHANNEL && playing !== source);
      if (channel === AUDIO_CHANNEL) playing = source;
      return { kind: 'next', missed: isFirst ? 0 : sequence - before.next, isFirst };
    },
    positions: () =>
      [...known.entries()]
        .map(([, position]) => position)
        .filter(({ channel, source }) => channel !== AUDIO_CHANNEL || source === playing),
  };
}
