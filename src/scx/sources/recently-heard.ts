/**
 * Which sources are heard at this moment, wherever in the session they are attached. A source that has
 * crashed is still announced for a while; it must keep nobody from taking its place.
 *
 * Bounded by who was heard within HEARD_MS; gossamer bounds the sources.
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { AUDIO_CHANNEL } from '../../session/channels.js';

/** Who was heard. */
export interface RecentlyHeard {
  onAdu(adu: Adu, now: number): void;
  isHeard(source: SourceId, now: number): boolean;
  /** Forgets who fell silent. */
  tick(now: number): void;
}

/** So long after its last frame a source is heard, ms. */
const HEARD_MS = 2000;

/** Silence everywhere. */
export function createRecentlyHeard(): RecentlyHeard {
  const heardAt = new Map<SourceId, number>();
  const isHeard = (source: SourceId, now: number): boolean =>
    now - (heardAt.get(source) ?? Number.NEGATIVE_INFINITY) <= HEARD_MS;
  return {
    onAdu: ({ source, channel }, now) => {
      if (channel === AUDIO_CHANNEL) heardAt.set(source, now);
    },
    isHeard,
    tick: (now) => {
      for (const source of heardAt.keys()) if (!isHeard(source, now)) heardAt.delete(source);
    },
  };
}
