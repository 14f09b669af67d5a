/**
 * The members known, by id, by address and by index. No two members have the same address. The
 * columns hold what is looked up for all members at once; an index is valid until the next change.
 */
import { assert } from '../../lib/assert.js';
import { createDenseMap } from '../../lib/dense-map.js';
import type { Rng } from '../../lib/rng.js';
import { UNKNOWN_COORDINATES } from '../core/coordinates.js';
import type { Sighting } from '../core/message.js';
import type { Address, Coordinates, Member, NodeId } from '../core/node.js';
import { createMemberColumns, type MemberColumns } from './member-columns.js';
import { createTellers } from './tellers.js';

/** Draws that look for a member that is not needed. Nearly all members are not. */
const DRAWS_MAX = 8;

export interface MemberIndex extends Pick<MemberColumns, 'predictedDelayMs' | 'fact'> {
  /** All members, in the order of their indexes. */
  readonly items: readonly Sighting[];
  get(id: NodeId): Sighting | undefined;
  indexOf(id: NodeId): number | undefined;
  at(address: Address): Member | undefined;
  /** Adds a member of which a teller has told, or updates its address and incarnation. */
  put(member: Member, teller: NodeId): void;
  locate(known: Sighting, coordinates: Coordinates): void;
  delete(id: NodeId): void;
  /** Notes who has told us of a known member, as it is known: see tellers.ts. */
  tell(known: Member, teller: NodeId): void;
  /** Whether the member has spoken to us. */
  hasSpoken(id: NodeId): boolean;
  /**
   * Whether this very object is a known member that has spoken to us. Speed only: then nothing that
   * is told of it is news. One look-up answers what otherwise takes several.
   */
  isSettled(member: Member): boolean;
  /**
   * A random member that makes room for what a teller tells, needed ones avoided; there must be one.
   */
  pickSpare(rng: Rng, isNeeded: (id: NodeId) => boolean, teller: NodeId): NodeId;
}

/** Creates an empty index. */
export function createMemberIndex(): MemberIndex {
  const members = createDenseMap(({ member }: Sighting) => member.id);
  const columns = createMemberColumns();
  const byAddress = new Map<Address, NodeId>();
  const tellers = createTellers();
  /** Bounded by the members. */
  const settled = new Set<Member>();

  const tell = (member: Member, teller: NodeId): void => {
    tellers.put(member.id, teller);
    if (teller === member.id) settled.add(member);
  };

  const set = (sighting: Sighting): void => columns.set(members.put(sighting), sighting);

  return {
    items: members.items,
    get: (id) => members.get(id),
    indexOf: members.indexOf,
    at: (address) => {
      const id = byAddress.get(address);
      return id === undefined ? undefined : members.get(id)?.member;
    },
    tell,
    hasSpoken: tellers.hasSpoken,
    isSettled: (member) => settled.has(member),
    put: (member, teller) => {
      const before = members.get(member.id);
      if (before !== undefined) {
        byAddress.delete(before.member.address);
        settled.delete(before.member);
      }
      set({ member, place: before?.place ?? UNKNOWN_COORDINATES });
      byAddress.set(member.address, member.id);
      tell(member, teller);
    },
    locate: ({ member }, coordinates) => set({ member, place: coordinates }),
    delete: (id) => {
      const known = members.get(id);
      if (known === undefined) return;
      const hole = members.delete(id) as number;
      columns.move(members.items.length, hole);
      byAddress.delete(known.member.address);
      settled.delete(known.member);
      tellers.delete(id);
    },
    pickSpare: (rng, isNeeded, teller) => {
      const spares = tellers.sparesFor(teller);
      for (let draw = 1; ; draw++) {
        const id = spares ? rng.pick(spares) : rng.pick(members.items)?.member.id;
        assert(id !== undefined, 'there is a member');
        if (!isNeeded(id) || draw === DRAWS_MAX) return id;
      }
    },
    predictedDelayMs: columns.predictedDelayMs,
    fact: columns.fact,
  };
}
