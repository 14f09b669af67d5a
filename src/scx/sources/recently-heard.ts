/**
 * When each source was heard last, wherever in the session it is attached. A source that has crashed
 * is still announced for a while; it must not keep an encoder of its priority out.
 *
 * Bounded: SOURCES_MAX sources, gossamer's limit (config.sourcesMax).
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { AUDIO_CHANNEL } from '../../session/channels.js';

/** The instant of each source's last frame. `now` in ms that never decreases. */
export interface RecentlyHeard {
  onAdu(adu: Adu, now: number): void;
  /** The instant of the source's last frame; undefined if none is remembered. */
  heardAt(source: SourceId): number | undefined;
}

const SOURCES_MAX = 64;

/** Creates a record without sources. */
export function createRecentlyHeard(): RecentlyHeard {
  const heardAt = createBoundedMap<SourceId, number>(SOURCES_MAX);
  return {
    onAdu: ({ source, channel }, now) => {
      if (channel === AUDIO_CHANNEL) heardAt.set(source, now);
    },
    heardAt: (source) => heardAt.get(source),
  };
}
