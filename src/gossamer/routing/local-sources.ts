/**
 * The sources that are attached here, and the zero-length entry (§3.7): "Sources announce their
 * intent to send data to their SCX. The source SCX immediately creates a zero-length routing table
 * entry to itself in its local routing table."
 *
 * The entry carries a stamp that grows with each change, so that every SCX can tell which of two
 * lists of sources is the newer one. Only the source SCX issues stamps; but any SCX may lie, and an
 * invented higher stamp would be believed for ever. So the source SCX refutes it with a stamp that
 * is higher still.
 */
import type { Route } from '../core/message.js';
import type { NodeId, Source, SourceId } from '../core/node.js';

/** Sources attached here that are advertised; `wire` accepts no more in a route. Guess. */
export const LOCAL_SOURCES_MAX = 16;

/**
 * A stamp grows by one with each change, so a stamp that exceeds all known ones by more than this
 * is a lie and is ignored. A smaller lie is refuted by the source SCX.
 */
export const STAMP_LEAP_MAX = 1000;

export interface LocalSources {
  stamp(): number;
  /** The zero-length entry; undefined without a source. */
  route(): Route | undefined;
  /** This and the next two return whether the entry has changed. */
  announce(source: Source): boolean;
  withdraw(source: SourceId): boolean;
  /** Answers a stamp of ours that we never issued with a higher one. */
  refute(stamp: number): boolean;
}

/** Creates a table without attached sources. */
export function createLocalSources(selfId: NodeId): LocalSources {
  const attached = new Map<SourceId, Source>();
  let stamp = 0;
  return {
    stamp() {
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
