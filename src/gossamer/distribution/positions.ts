/**
 * Where the flows of sources that ended stood, should one come back: a route may be away for longer than a
 * source lingers. Then its listeners go on where they were, and not with the recent ADUs once more; and who
 * joins below is told what a quiet channel said last, as a title holds until there is another.
 */
import type { Adu, SourceId } from '../core/node.js';

/** Flows whose place is remembered; the oldest makes room. Guess: as many as may be known. */
const POSITIONS_MAX = 1024;

interface Position {
  /** The number that was to be delivered next. */
  readonly next: number;
  /** The ADU before it, if it was kept. */
  readonly last: Adu | undefined;
}

export interface Positions {
  get(source: SourceId, channel: number): Position | undefined;
  remember(source: SourceId, channel: number, position: Position): void;
}

/** Nothing is remembered. */
export function createPositions(): Positions {
  /** The oldest first. */
  const positions = new Map<string, Position>();
  const key = (source: SourceId, channel: number): string => `${source}/${channel}`;
  return {
    get: (source, channel) => positions.get(key(source, channel)),
    remember: (source, channel, position) => {
      positions.delete(key(source, channel));
      if (positions.size >= POSITIONS_MAX) {
        positions.delete(positions.keys().next().value as string);
      }
      positions.set(key(source, channel), position);
    },
  };
}
