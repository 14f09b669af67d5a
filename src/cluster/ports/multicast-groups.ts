/**
 * Shares the groups of `--multicast` out to sessions, so that no two sessions of the cluster have the same
 * one. Which one a session gets follows from its name, if that is free: so it has the same groups again
 * after the cluster was started anew, and players that have kept a description of it still hear it.
 *
 * Bounded: the sessions that have an SCX.
 */
import { createHash } from 'node:crypto';
import { GROUPS_PER_SESSION, groupAfter, groupRange } from '../../rtp/ports.js';

export interface MulticastGroups {
  /** The first group of a session; null: there is none left. */
  groupOf(session: string): string | null;
  /** An SCX that was found has that group. */
  onFound(session: string, group: string): void;
}

/** `range` is `ADDRESS/BITS`; `sessions` are those that have an SCX. */
export function createMulticastGroups(
  range: string,
  sessions: () => readonly string[],
): MulticastGroups {
  const { first, count } = groupRange(range);
  const places = Math.floor(count / GROUPS_PER_SESSION);
  /** By session. */
  const taken = new Map<string, string>();

  const forget = (keep: string): void => {
    const live = new Set(sessions());
    for (const session of taken.keys()) {
      if (session !== keep && !live.has(session)) taken.delete(session);
    }
  };

  const wished = (session: string): number =>
    createHash('sha256').update(session).digest().readUInt32BE() % places;

  return {
    groupOf: (session) => {
      const known = taken.get(session);
      if (known !== undefined) return known;
      forget(session);
      const used = new Set(taken.values());
      for (let step = 0; step < places; step++) {
        const place = (wished(session) + step) % places;
        const group = groupAfter(first, place * GROUPS_PER_SESSION);
        if (used.has(group)) continue;
        taken.set(session, group);
        return group;
      }
      return null;
    },
    onFound: (session, group) => {
      if (!taken.has(session)) taken.set(session, group);
    },
  };
}
