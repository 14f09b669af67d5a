/**
 * The announcements that are published here: DATA/announcements/CREATOR/SESSION.xml, as they were
 * received, so that additions that we do not know are passed on; and SESSION.json beside each of
 * them, which says whose it is (owner.ts). All are in memory as well.
 *
 * Bounded: ANNOUNCEMENTS_MAX. Names of sessions consist of characters that are safe in file names,
 * and are never `.` or `..` (session-name.ts).
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Announcement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';
import { readFileIfAny, writeFileAtomic } from '../data/atomic-file.js';
import { type Owner, readOwner, writeOwner } from './owner.js';

export const ANNOUNCEMENTS_MAX = 256; // guess: a cluster publishes its own sessions only

/** An announcement, the document that it was read from, and who may change it. */
export interface Published {
  readonly announcement: Announcement;
  readonly xml: string;
  /** Undefined for what was published before there were owners. */
  readonly owner?: Owner | undefined;
}

/** The outcome of a publication. `failed`: the error of the file system. */
export type PutResult =
  | { readonly kind: 'created' | 'replaced' }
  | { readonly kind: 'tooMany' | 'overtaken' }
  | { readonly kind: 'failed'; readonly error: NodeJS.ErrnoException };

export interface AnnouncementStore {
  /** By `scattercast://creator/session`. */
  get(session: string): Published | undefined;
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
}

const fileMode = 0o644; // what is published is public

/** Where the owner of the announcement in a file is. */
const ownerPathOf = (path: string): string => path.replace(/\.xml$/, '.json');

async function listDocuments(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.xml'));
  return files.map((entry) => `${entry.parentPath}/${entry.name}`).sort();
}

/** Reads what was published before; damaged documents are logged and left alone. */
async function loadAll(folder: string, log: Logger): Promise<Map<string, Published>> {
  const published = new Map<string, Published>();
  for (const path of await listDocuments(folder)) {
    const xml = (await readFileIfAny(path)) ?? '';
    const parsed = parseAnnouncement(xml);
    if (!parsed.ok || `${folder}/${sessionPath(parsed.value.name)}.xml` !== path) {
      const problems = parsed.ok ? ['it has the name of another session'] : parsed.problems;
      log.warn({ path, problems }, 'a published announcement is damaged and not used');
    } else if (published.size < ANNOUNCEMENTS_MAX) {
      const owner = await readOwner(ownerPathOf(path), log);
      published.set(parsed.value.name.text, { announcement: parsed.value, xml, owner });
    }
  }
  return published;
}

/** Opens the store of a data directory. */
export async function openAnnouncements(dataDir: string, log: Logger): Promise<AnnouncementStore> {
  const folder = `${dataDir}/announcements`;
  const published = await loadAll(folder, log);
  const pathOf = (name: SessionName): string => `${folder}/${sessionPath(name)}.xml`;
  let last: Promise<unknown> = Promise.resolve();

  /** Makes one change after the other, so that the memory and the disk agree. */
  const inTurn = <Value>(change: () => Promise<Value>): Promise<Value> => {
    const changed = last.then(change);
    last = changed.catch(() => undefined);
    return changed;
  };

  const put = async (
    entry: Published,
    mayReplace: (before: Published | undefined) => boolean,
  ): Promise<PutResult> => {
    const { name } = entry.announcement;
    const known = published.has(name.text);
    if (!mayReplace(published.get(name.text))) return { kind: 'overtaken' };
    if (!known && published.size >= ANNOUNCEMENTS_MAX) return { kind: 'tooMany' };
    try {
      // The owner first: any client on this machine may change an announcement without one.
      if (entry.owner !== undefined) await writeOwner(ownerPathOf(pathOf(name)), entry.owner);
      await writeFileAtomic(pathOf(name), entry.xml, fileMode);
    } catch (error) {
      return { kind: 'failed', error: error as NodeJS.ErrnoException };
    }
    published.set(name.text, entry);
    return { kind: known ? 'replaced' : 'created' };
  };

  const remove = async (name: SessionName): Promise<boolean> => {
    if (!published.has(name.text)) return false;
    await rm(pathOf(name), { force: true });
    await rm(ownerPathOf(pathOf(name)), { force: true });
    return published.delete(name.text);
  };

  return {
    get: (session) => published.get(session),
    all: () => [...published.values()],
    put: (entry, mayReplace = () => true) => inTurn(() => put(entry, mayReplace)),
    remove: (name) => inTurn(() => remove(name)),
  };
}
