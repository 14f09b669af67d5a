/**
 * The sources that are heard at this moment, wherever in the session they are attached. A source
 * that has crashed is still announced for a while; it must not keep an encoder of its priority out.
 *
 * Bounded: SOURCES_MAX sources, gossamer's limit (config.sourcesMax).
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounded-map.js';
import { AUDIO_CHANNEL } from '../../session/channels.js';
import { RIVAL_HEARD_MS } from './source-timeouts.js';

/** The instant of each source's last frame. `now` in ms that never decreases. */
export interface RecentlyHeard {
  onAdu(adu: Adu, now: number): void;
  /** Whether a frame of the source came within RIVAL_HEARD_MS. */
  isHeard(source: SourceId, now: number): boolean;
}

const SOURCES_MAX = 64;

/** Creates a record without sources. */
export function createRecentlyHeard(): RecentlyHeard {
  const heardAt = createBoundedMap<SourceId, number>(SOURCES_MAX);
  return {
    onAdu: ({ source, channel }, now) => {
      if (channel === AUDIO_CHANNEL) heardAt.set(source, now);
    },
    isHeard: (source, now) => {
      const at = heardAt.get(source);
      return at !== undefined && now - at <= RIVAL_HEARD_MS;
    },
  };
}
