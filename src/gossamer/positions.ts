/**
 * Where the flows of sources that ended stood, should one come back: a route may be away for longer than a
 * source lingers. Then its listeners go on where they were, and not with the recent ADUs once more.
 */
import type { SourceId } from './node.js';

/** Flows whose place is remembered; the oldest makes room. Guess: as many as may be known. */
const POSITIONS_MAX = 1024;

export interface Positions {
  /** The number that was to be delivered next; undefined: it is not known. */
  get(source: SourceId, channel: number): number | undefined;
  remember(source: SourceId, channel: number, next: number): void;
}

/** Nothing is remembered. */
export function createPositions(): Positions {
  /** The oldest first. */
  const positions = new Map<string, number>();
  const key = (source: SourceId, channel: number): string => `${source}/${channel}`;
  return {
    get: (source, channel) => positions.get(key(source, channel)),
    remember: (source, channel, next) => {
      positions.delete(key(source, channel));
      if (positions.size >= POSITIONS_MAX) {
        positions.delete(positions.keys().next().value as string);
      }
      positions.set(key(source, channel), next);
    },
  };
}
