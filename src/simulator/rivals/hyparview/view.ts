/**
 * A partial view of HyParView: members by id, at most so many. The active view is what a node is
 * connected to, the passive view its reserve (DSN 2007, section 4.1).
 */
import type { Address, Member, NodeId } from '../../../gossamer/core/node.js';
import type { Rng } from '../../../lib/rng.js';

export interface PartialView {
  has(id: NodeId): boolean;
  isFull(): boolean;
  all(): readonly Member[];
  add(member: Member): void;
  /** Returns whether it was there. */
  remove(id: NodeId): boolean;
  at(address: Address): Member | undefined;
  /** A random member that is none of these; undefined where there is none. */
  pick(...except: readonly NodeId[]): Member | undefined;
}

/** Creates an empty view. */
export function createPartialView(sizeMax: number, rng: Rng): PartialView {
  const members = new Map<NodeId, Member>();
  const all = (): Member[] => [...members.values()];
  return {
    has: (id) => members.has(id),
    isFull: () => members.size >= sizeMax,
    all,
    add: (member) => void members.set(member.id, member),
    remove: (id) => members.delete(id),
    at: (address) => all().find((member) => member.address === address),
    pick: (...except) => rng.pick(all().filter(({ id }) => !except.includes(id))),
  };
}
