/**
 * Who has told us of each member. Members can be invented, so where all that are known have no room,
 * the one that has told of the most makes room for others, and otherwise its own members make room
 * for what it tells.
 *
 * A member that has spoken to us has told us of itself: nobody has proven more. One of which several
 * have told counts for the one that has told of fewer.
 */
import type { NodeId } from '../core/node.js';

export interface Tellers {
  /** Notes that a member is known, and was told of. */
  put(id: NodeId, teller: NodeId): void;
  delete(id: NodeId): void;
  /** Whether the member has told us of itself. */
  hasSpoken(id: NodeId): boolean;
  /** The members of which one makes room for what a teller tells; undefined: all. */
  sparesFor(teller: NodeId): readonly NodeId[] | undefined;
}

/** Creates a record without members; bounded like these. */
export function createTellers(): Tellers {
  const tellerOf = new Map<NodeId, NodeId>();
  const toldBy = new Map<NodeId, Set<NodeId>>();

  const countOf = (teller: NodeId | undefined): number =>
    teller === undefined ? 0 : (toldBy.get(teller)?.size ?? 0);

  const remove = (id: NodeId): void => {
    const teller = tellerOf.get(id);
    if (teller === undefined) return;
    tellerOf.delete(id);
    const told = toldBy.get(teller);
    told?.delete(id);
    if (told?.size === 0) toldBy.delete(teller);
  };

  /** Whether the member should rather count for another teller than before. */
  const isBetter = (id: NodeId, teller: NodeId, before: NodeId): boolean =>
    before !== id && (teller === id || countOf(teller) + 1 < countOf(before));

  const withMost = (): NodeId | undefined => {
    let most: NodeId | undefined;
    for (const teller of toldBy.keys()) if (countOf(teller) > countOf(most)) most = teller;
    return most;
  };

  return {
    put: (id, teller) => {
      const before = tellerOf.get(id);
      if (before === teller || (before !== undefined && !isBetter(id, teller, before))) return;
      remove(id);
      tellerOf.set(id, teller);
      const told = toldBy.get(teller) ?? new Set();
      toldBy.set(teller, told.add(id));
    },
    delete: remove,
    hasSpoken: (id) => tellerOf.get(id) === id,
    sparesFor: (teller) => {
      const most = withMost();
      const spares = countOf(most) > countOf(teller) + 1 ? most : teller;
      const told = spares === undefined ? undefined : toldBy.get(spares);
      return told && [...told];
    },
  };
}
