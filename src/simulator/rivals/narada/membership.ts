/**
 * Group membership of Narada (SIGMETRICS 2000, section 3.1): every member knows all others. Each one
 * numbers its refreshes; neighbours exchange the highest numbers that they have heard of. Who is not
 * refreshed for long may be dead or behind a partition, and is probed.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import type { NaradaMessage, Refreshed } from './messages.js';

export interface Membership {
  /** All members that are not known to be dead, without us. */
  others(): readonly Member[];
  /** Notes a member that was heard of or from. */
  note(member: Member, sequence: number, now: number): void;
  isDead(id: NodeId): boolean;
  /** Returns whether that is news. */
  onDead(member: Member): boolean;
  /** The list for the next refresh, with our own next number. */
  refresh(): Refreshed[];
  /** The members that were not refreshed since an instant, the longest silent first. */
  silentSince(instant: number): readonly Member[];
}

interface Known {
  readonly member: Member;
  sequence: number;
  refreshedAt: number;
}

/** Creates the membership of one node; it knows nobody. */
export function createMembership({ self }: RivalContext<NaradaMessage>): Membership {
  const members = new Map<NodeId, Known>();
  /** Kept for ever: members do not come back. Bounded by the session. */
  const dead = new Set<NodeId>();
  let sequence = 0;
  return {
    others: () => [...members.values()].map(({ member }) => member),
    note: (member, heard, now) => {
      if (member.id === self.id || dead.has(member.id)) return;
      const known = members.get(member.id);
      if (known === undefined) {
        members.set(member.id, { member, sequence: heard, refreshedAt: now });
      } else if (heard > known.sequence) {
        known.sequence = heard;
        known.refreshedAt = now;
      }
    },
    isDead: (id) => dead.has(id),
    onDead: (member) => {
      if (member.id === self.id || dead.has(member.id)) return false;
      members.delete(member.id);
      dead.add(member.id);
      return true;
    },
    refresh: () => {
      sequence++;
      const all = [...members.values()].map((known) => ({
        member: known.member,
        sequence: known.sequence,
      }));
      return [{ member: self, sequence }, ...all];
    },
    silentSince: (instant) =>
      [...members.values()]
        .filter(({ refreshedAt }) => refreshedAt < instant)
        .sort((a, b) => a.refreshedAt - b.refreshedAt)
        .map(({ member }) => member),
  };
}
