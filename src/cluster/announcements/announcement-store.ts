/**
 * The announcements that are published here: DATA/announcements/CREATOR/SESSION.xml, as they were
 * received, so that additions that we do not know are passed on; and SESSION.json beside each of
 * them, with what the owner has set up (owner.ts). All are in memory as well.
 *
 * All of them are signed. Of two announcements of a session the one that was issued later holds, and
 * what was withdrawn does not come back (withdrawals.ts). A name is published with one key at a
 * time: who has another key has another session, which is not published under that name here.
 *
 * Bounded: ANNOUNCEMENTS_MAX. Names of sessions consist of characters that are safe in file names,
 * and are never `.` or `..` (session-name.ts).
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { bad } from '../../lib/result.js';
import { verifyAnnouncement } from '../../runtime/signed-announcement.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import type { SignedAnnouncement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';
import { readFileIfAny, writeFileAtomic } from '../data/atomic-file.js';
import { NOTHING_SET_UP, type Owner, readOwner, writeOwner } from './owner.js';
import { openWithdrawals, type Withdrawals } from './withdrawals.js';

export const ANNOUNCEMENTS_MAX = 256; // guess: a cluster publishes its own sessions only

/** An announcement, the document that it was read from, and what its owner has set up. */
export interface Published {
  readonly announcement: SignedAnnouncement;
  readonly xml: string;
  readonly owner: Owner;
}

/** The outcome of a publication. `failed`: the error of the file system. */
export type PutResult =
  | { readonly kind: 'created' | 'replaced' }
  | { readonly kind: 'tooMany' | 'overtaken' | 'otherKey' | 'older' | 'withdrawn' }
  | { readonly kind: 'failed'; readonly error: NodeJS.ErrnoException };

export interface AnnouncementStore {
  /** By name, `scattercast://creator/session`. */
  get(name: string): Published | undefined;
  all(): readonly Published[];
  /**
   * Publishes, or replaces the announcement of the same name. `overtaken` if `mayReplace` refuses
   * the one that is there when earlier changes have been made. Never rejects.
   */
  put(
    published: Published,
    mayReplace?: (before: Published | undefined) => boolean,
  ): Promise<PutResult>;
  /** False if it is not published. Rejects with the system's error. */
  remove(name: SessionName): Promise<boolean>;
  /** Takes over what another front end of this cluster has. Never rejects. */
  take(published: Published): Promise<PutResult>;
  /** The same of what was withdrawn there; what was published here until now. Rejects as `remove`. */
  takeWithdrawal(id: string, issuedMs: number): Promise<SignedAnnouncement | undefined>;
  withdrawn: Withdrawals['entries'];
}

const fileMode = 0o644; // what is published is public

const MISPLACED = bad('it has the name of another session');

/** Why an announcement is not published; undefined if it may be. */
function refusalOf(
  { announcement, xml }: Published,
  before: Published | undefined,
  withdrawals: Withdrawals,
): PutResult | undefined {
  if (withdrawals.has(announcement)) return { kind: 'withdrawn' };
  if (before === undefined) return undefined;
  const { key, issuedMs } = before.announcement;
  if (key !== announcement.key) return { kind: 'otherKey' };
  if (issuedMs < announcement.issuedMs) return undefined;
  return issuedMs === announcement.issuedMs && xml === before.xml ? undefined : { kind: 'older' };
}

/** Where the owner of the announcement in a file is. */
const ownerPathOf = (path: string): string => path.replace(/\.xml$/, '.json');

async function listDocuments(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.xml'));
  return files.map((entry) => `${entry.parentPath}/${entry.name}`).sort();
}

/** The announcement in a file of this name; the problems if it is not used. */
function readDocument(xml: string, pathOf: (name: SessionName) => string, path: string) {
  const parsed = parseAnnouncement(xml);
  if (!parsed.ok) return parsed;
  const isInPlace = pathOf(parsed.value.name) === path;
  return isInPlace ? verifyAnnouncement(parsed.value, steadyTimeMs()) : MISPLACED;
}

/** Reads what was published before; damaged documents are logged and left alone. */
async function loadAll(folder: string, log: Logger): Promise<Map<string, Published>> {
  const published = new Map<string, Published>();
  for (const path of await listDocuments(folder)) {
    const xml = (await readFileIfAny(path)) ?? '';
    const read = readDocument(xml, (name) => `${folder}/${sessionPath(name)}.xml`, path);
    if (!read.ok) {
      log.warn({ path, problems: read.problems }, 'a published announcement is not used');
    } else if (published.size < ANNOUNCEMENTS_MAX) {
      const owner = await readOwner(ownerPathOf(path), log);
      published.set(read.value.name.text, { announcement: read.value, xml, owner });
    }
  }
  return published;
}

/** What an owner has set up, with a later number if it differs from what was there before. */
function numbered(owner: Owner, before: Owner | undefined): Owner {
  if (owner === before || owner === NOTHING_SET_UP) return owner;
  return { ...owner, changed: Math.max(Date.now(), (before?.changed ?? 0) + 1) };
}

/** Opens the store of a data directory. */
export async function openAnnouncements(dataDir: string, log: Logger): Promise<AnnouncementStore> {
  const folder = `${dataDir}/announcements`;
  const published = await loadAll(folder, log);
  const withdrawals = await openWithdrawals(`${folder}/withdrawn.json`);
  const pathOf = (name: SessionName): string => `${folder}/${sessionPath(name)}.xml`;
  let last: Promise<unknown> = Promise.resolve();

  /** Makes one change after the other, so that the memory and the disk agree. */
  const inTurn = <Value>(change: () => Promise<Value>): Promise<Value> => {
    const changed = last.then(change);
    last = changed.catch(() => undefined);
    return changed;
  };

  const write = async (entry: Published): Promise<PutResult> => {
    const { name } = entry.announcement;
    const known = published.has(name.text);
    if (!known && published.size >= ANNOUNCEMENTS_MAX) return { kind: 'tooMany' };
    try {
      await writeOwner(ownerPathOf(pathOf(name)), entry.owner);
      await writeFileAtomic(pathOf(name), entry.xml, fileMode);
    } catch (error) {
      return { kind: 'failed', error: error as NodeJS.ErrnoException };
    }
    published.set(name.text, entry);
    return { kind: known ? 'replaced' : 'created' };
  };

  const put = async (
    entry: Published,
    mayReplace: (before: Published | undefined) => boolean,
  ): Promise<PutResult> => {
    const before = published.get(entry.announcement.name.text);
    if (!mayReplace(before)) return { kind: 'overtaken' };
    const refusal = refusalOf(entry, before, withdrawals);
    return refusal ?? write({ ...entry, owner: numbered(entry.owner, before?.owner) });
  };

  const take = async (entry: Published): Promise<PutResult> =>
    withdrawals.has(entry.announcement) ? { kind: 'withdrawn' } : write(entry);

  const erase = async (name: SessionName): Promise<boolean> => {
    await rm(pathOf(name), { force: true });
    await rm(ownerPathOf(pathOf(name)), { force: true });
    return published.delete(name.text);
  };

  const remove = async (name: SessionName): Promise<boolean> => {
    const known = published.get(name.text);
    if (known === undefined) return false;
    await withdrawals.add(known.announcement);
    return erase(name);
  };

  const takeWithdrawal = async (id: string, issuedMs: number) => {
    if (!(await withdrawals.take(id, issuedMs))) return undefined;
    const gone = [...published.values()].find(({ announcement }) => withdrawals.has(announcement));
    if (gone === undefined) return undefined;
    await erase(gone.announcement.name);
    return gone.announcement;
  };

  return {
    get: (name) => published.get(name),
    all: () => [...published.values()],
    put: (entry, mayReplace = () => true) => inTurn(() => put(entry, mayReplace)),
    remove: (name) => inTurn(() => remove(name)),
    take: (entry) => inTurn(() => take(entry)),
    takeWithdrawal: (id, issuedMs) => inTurn(() => takeWithdrawal(id, issuedMs)),
    withdrawn: withdrawals.entries,
  };
}
