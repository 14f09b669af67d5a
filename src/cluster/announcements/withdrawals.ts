/**
 * The announcements that were withdrawn here, so that copies of them do not come back: anybody may
 * have kept one, and its signature stays right. A newer announcement of the same session is accepted.
 *
 * Bounded: WITHDRAWN_MAX sessions; the ones that were withdrawn first are forgotten.
 */
import { z } from 'zod';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { SignedAnnouncement } from '../../session/announcement.js';
import { identityOf } from '../../session/session-id.js';
import { PRIVATE_MODE, readFileIfAny, writeFileAtomic } from '../data/atomic-file.js';

/** The withdrawn announcements. */
export interface Withdrawals {
  /** Remembers one. Rejects with the system's error if the disk does not take it. */
  add(announcement: SignedAnnouncement): Promise<void>;
  /** The same by the session's id, and the issue time; false if that is known. */
  take(id: string, issuedMs: number): Promise<boolean>;
  /** All of them. */
  entries(): Iterable<[id: string, issuedMs: number]>;
  /** Whether it was withdrawn, or is older than one that was. */
  has(announcement: SignedAnnouncement): boolean;
}

const WITHDRAWN_MAX = 1024; // guess: four times as many as may be published

export const withdrawnSchema = z
  .array(z.tuple([z.string().max(400), z.number()]))
  .max(WITHDRAWN_MAX);

const idOf = ({ name, key }: SignedAnnouncement): string => identityOf(name, key).id;

async function read(path: string): Promise<z.infer<typeof withdrawnSchema>> {
  try {
    return withdrawnSchema.parse(JSON.parse((await readFileIfAny(path)) ?? '[]'));
  } catch {
    return [];
  }
}

/** Opens what a file holds; a damaged one counts as empty. */
export async function openWithdrawals(path: string): Promise<Withdrawals> {
  /** The issue time of the newest that was withdrawn, by session id. */
  const withdrawn = createBoundedMap<string, number>(WITHDRAWN_MAX);
  for (const [id, issuedMs] of await read(path)) withdrawn.set(id, issuedMs);
  const add = (id: string, issuedMs: number): Promise<void> => {
    withdrawn.set(id, issuedMs);
    return writeFileAtomic(path, JSON.stringify([...withdrawn.entries()]), PRIVATE_MODE);
  };
  return {
    add: (announcement) => add(idOf(announcement), announcement.issuedMs),
    take: async (id, issuedMs) => {
      if ((withdrawn.get(id) ?? Number.NEGATIVE_INFINITY) >= issuedMs) return false;
      await add(id, issuedMs);
      return true;
    },
    entries: () => withdrawn.entries(),
    has: (announcement) =>
      announcement.issuedMs <= (withdrawn.get(idOf(announcement)) ?? Number.NEGATIVE_INFINITY),
  };
}
