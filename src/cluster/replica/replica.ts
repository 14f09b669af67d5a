/**
 * What must outlive the machine of a front end: the announcements that are published here, what their
 * owners have set up, and what was withdrawn. Every front end has all of it on its own disk, and reads
 * it from all others (replicator.ts), so whichever comes back has it.
 *
 * Two front ends may be told different things at the same time. Of two announcements of one session the
 * one that was issued later holds, as everywhere; of what an owner has set up, the one with the later
 * number (owner.ts); and a withdrawal removes what was issued before it.
 */
import { z } from 'zod';
import type { Result } from '../../lib/result.js';
import { verifyAnnouncement } from '../../runtime/signed-announcement.js';
import type { SignedAnnouncement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import {
  ANNOUNCEMENTS_MAX,
  type AnnouncementStore,
  type Published,
} from '../announcements/announcement-store.js';
import { ownerSchema } from '../announcements/owner.js';
import { withdrawnSchema } from '../announcements/withdrawals.js';

export const replicaSchema = z.object({
  published: z
    .array(z.object({ xml: z.string().max(256 * 1024), owner: ownerSchema }))
    .max(ANNOUNCEMENTS_MAX),
  withdrawn: withdrawnSchema,
});

/** All that one front end has. */
export type Replica = Readonly<z.infer<typeof replicaSchema>>;

export const replicaOf = (store: AnnouncementStore): Replica => ({
  published: store.all().map(({ xml, owner }) => ({ xml, owner })),
  withdrawn: [...store.withdrawn()],
});

/** What changes here when a replica of another front end is taken over. */
export interface ReplicaHooks {
  /** The time of the cluster, since 1970. */
  timeMs(): number;
  /** An announcement is not taken over. */
  onRefused(why: string): void;
  /** Fetches a fallback file, unless it is here, and then has it named. Rejects if that fails. */
  withFallback(file: string, adopt: () => Promise<void>): Promise<void>;
  onPublished(announcement: SignedAnnouncement): void;
  onWithdrawn(announcement: SignedAnnouncement): Promise<void>;
}

function read(xml: string, nowMs: number): Result<SignedAnnouncement> {
  const parsed = parseAnnouncement(xml);
  return parsed.ok ? verifyAnnouncement(parsed.value, nowMs) : parsed;
}

const changedAt = ({ owner }: Published): number => owner.changed ?? 0;

/** The later one of what is here and what another front end has, part by part. */
function laterOf(here: Published, there: Published): Published {
  const isNewer = there.announcement.issuedMs > here.announcement.issuedMs;
  const { announcement, xml } = isNewer ? there : here;
  const { owner } = changedAt(there) > changedAt(here) ? there : here;
  const isOther = here.announcement.key !== there.announcement.key;
  if (isOther) return isNewer ? there : here;
  return { announcement, xml, owner };
}

const isSame = (one: Published, other: Published | undefined): boolean =>
  one.xml === other?.xml && changedAt(one) === changedAt(other);

async function takePublished(
  store: AnnouncementStore,
  { xml, owner }: Replica['published'][number],
  hooks: ReplicaHooks,
): Promise<void> {
  const announcement = read(xml, hooks.timeMs());
  if (!announcement.ok) return hooks.onRefused(announcement.problems.join('; '));
  const there: Published = { announcement: announcement.value, xml, owner };
  const here = store.get(announcement.value.name.text);
  const later = here === undefined ? there : laterOf(here, there);
  if (isSame(later, here)) return;
  const adopt = async (): Promise<void> => {
    const { kind } = await store.take(later);
    if (kind === 'created' || kind === 'replaced') hooks.onPublished(later.announcement);
  };
  const { fallback } = later.owner;
  await (fallback === undefined ? adopt() : hooks.withFallback(fallback.file, adopt));
}

/** Takes over what another front end has and this one does not. Rejects with the disk's error. */
export async function takeReplica(
  store: AnnouncementStore,
  replica: Replica,
  hooks: ReplicaHooks,
): Promise<void> {
  for (const [id, issuedMs] of replica.withdrawn) {
    const gone = await store.takeWithdrawal(id, issuedMs);
    if (gone !== undefined) await hooks.onWithdrawn(gone);
  }
  for (const entry of replica.published) await takePublished(store, entry, hooks);
}
