/**
 * The sources that are attached here (§3.7): "Sources announce their intent to send data to their SCX. The
 * source SCX immediately creates a zero-length routing table entry to itself in its local routing table."
 *
 * The entry carries a stamp, which grows with each change, so that everybody knows the newest word. Only we
 * give it; but anybody may lie, and a lie with a higher stamp would be believed for ever.
 */
import type { Route } from '../core/message.js';
import type { NodeId, Source, SourceId } from '../core/node.js';

/** Sources attached here that others are told of; `wire` takes no more. Guess. */
const LOCAL_SOURCES_MAX = 16;

/**
 * A stamp grows by one with each change, so one that is this much higher than others know is a lie;
 * a lesser lie the source SCX itself refutes, with a higher stamp.
 */
export const STAMP_LEAP_MAX = 1000;

export interface LocalSources {
  readonly stamp: number;
  /** Our entry; undefined without a source. */
  route(): Route | undefined;
  /** This and the next two return whether the entry is a new one. */
  announce(source: Source): boolean;
  withdraw(source: SourceId): boolean;
  /** Others were told a stamp of ours that we never gave: only a higher one ends the lie. */
  refute(stamp: number): boolean;
}

/** No source is attached. */
export function createLocalSources(selfId: NodeId): LocalSources {
  const attached = new Map<SourceId, Source>();
  let stamp = 0;
  return {
    get stamp() {
      return stamp;
    },
    route: () => {
      if (attached.size === 0) return undefined;
      return { scx: selfId, stamp, costMs: 0, path: [selfId], sources: [...attached.values()] };
    },
    announce: (source) => {
      if (attached.size >= LOCAL_SOURCES_MAX && !attached.has(source.id)) return false;
      attached.set(source.id, source);
      stamp++;
      return true;
    },
    withdraw: (source) => {
      if (!attached.delete(source)) return false;
      stamp++;
      return true;
    },
    refute: (theirs) => {
      if (attached.size === 0 || theirs > stamp + STAMP_LEAP_MAX) return false;
      stamp = theirs + 1;
      return true;
    },
  };
}
