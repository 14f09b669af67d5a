/**
 * The announcements that were fetched for clients (`/listen?announcement=URL`), the newest of each
 * session, which is a name and a key: in memory, and as DATA/learned/HASH.json. Short URLs, playlists and titles of such a
 * session come from here, so they must not end with the front end that fetched the announcement.
 *
 * They come from strangers. Bounded: LEARNED_MAX sessions, of which the one that was not needed for
 * longest makes room; one file is written at a time, so a flood of announcements waits in memory,
 * one document for each session. A session that runs is needed with each lease renewal, so that
 * only sessions without an SCX are forgotten. A file that is damaged or larger than a document can
 * be is removed. A disk that takes nothing costs only what the next front end would have known.
 */
import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { verifyAnnouncement } from '../../runtime/signed-announcement.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { ANNOUNCEMENT_LIMITS, type SignedAnnouncement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { identityOf } from '../../session/session-id.js';
import { PRIVATE_MODE, readFileIfAny, writeFileAtomic } from '../data/atomic-file.js';

/** An announcement and the URL that it was fetched from. */
export interface Learned {
  readonly announcement: SignedAnnouncement;
  readonly url: string;
  /** The document. */
  readonly xml: string;
  /** When it was fetched, ms since 1970. */
  readonly fetchedAt: number;
}

/** The announcements that were fetched, by session id. */
export interface LearnedAnnouncements {
  /** Reads one; it is needed, so others are forgotten before it. */
  use(session: string): Learned | undefined;
  /** From the one that was not needed for longest to the one that was needed last. */
  all(): readonly Learned[];
  /**
   * Remembers one, in memory now and on the disk soon, unless a newer one of the session is known.
   * Returns the one that holds.
   */
  put(learned: Learned): Learned;
  /** Resolves when the disk has all that was put, or has refused it. */
  saved(): Promise<void>;
  /** Writes nothing that is put from now on; resolves as `saved` does. */
  close(): Promise<void>;
}

export const LEARNED_MAX = 256; // guess: as many as a cluster may publish itself
/** A document that has not changed is written again after this, for its time. Guess. */
const REWRITE_MS = 600_000;
/** The largest document, every byte escaped as JSON escapes control characters. */
const FILE_BYTES_MAX = ANNOUNCEMENT_LIMITS.documentBytesMax * 6 + 4096;

const fileSchema = z.object({
  url: z.string().max(2048),
  fetchedAt: z.number().nonnegative(),
  xml: z.string(),
});

/** What lies on the disk, or is about to. */
type Saved = Pick<Learned, 'url' | 'xml' | 'fetchedAt'>;

const idOf = ({ name, key }: SignedAnnouncement): string => identityOf(name, key).id;

/**
 * Whether the one that was fetched last is older, or a copy: anybody can show a document at another
 * URL, which changes nothing about the session.
 */
function isOutdated(now: Learned, known: Learned): boolean {
  const byMs = known.announcement.issuedMs - now.announcement.issuedMs;
  return byMs > 0 || (byMs === 0 && (known.xml !== now.xml || known.url !== now.url));
}

const fileOf = (session: string): string =>
  `${createHash('sha256').update(session).digest('hex').slice(0, 32)}.json`;

/** The content of a file; undefined if it is damaged, too large, or not where it belongs. */
async function readLearned(folder: string, name: string): Promise<Learned | undefined> {
  try {
    if ((await stat(`${folder}/${name}`)).size > FILE_BYTES_MAX) return undefined;
    const text = (await readFileIfAny(`${folder}/${name}`)) ?? '';
    const { url, fetchedAt, xml } = fileSchema.parse(JSON.parse(text));
    const parsed = parseAnnouncement(xml);
    const read = parsed.ok ? verifyAnnouncement(parsed.value, steadyTimeMs()) : parsed;
    if (!read.ok || fileOf(idOf(read.value)) !== name) return undefined;
    return { announcement: read.value, url, xml, fetchedAt };
  } catch {
    return undefined;
  }
}

/** Reads the youngest LEARNED_MAX files, the oldest of them first; removes all others. */
async function loadAll(folder: string): Promise<readonly Learned[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const dated = names.map(async (name) => ({
    name,
    at: await stat(`${folder}/${name}`).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  }));
  const oldestFirst = (await Promise.all(dated)).toSorted((a, b) => a.at - b.at);
  const loaded: Learned[] = [];
  for (const [index, { name }] of oldestFirst.entries()) {
    const isKept = index >= oldestFirst.length - LEARNED_MAX;
    const learned = isKept ? await readLearned(folder, name) : undefined;
    if (learned !== undefined) loaded.push(learned);
    else await rm(`${folder}/${name}`, { recursive: true, force: true }).catch(() => undefined);
  }
  return loaded;
}

/** Creates a function that writes or removes files, one at a time; `undefined` removes one. */
function createWriter(folder: string, log: Logger) {
  const due = new Map<string, Saved | undefined>(); // bounded by the sessions, and one at a time
  let working: Promise<void> | undefined;
  let hasFailed = false;
  let isClosed = false;
  const saved = async (): Promise<void> => working;

  const writeOne = async (session: string, saved: Saved | undefined): Promise<void> => {
    const path = `${folder}/${fileOf(session)}`;
    if (saved === undefined) return rm(path, { force: true });
    const { url, fetchedAt, xml } = saved;
    await writeFileAtomic(path, JSON.stringify({ url, fetchedAt, xml }), PRIVATE_MODE);
  };

  const work = async (): Promise<void> => {
    for (const [session, saved] of due) {
      due.delete(session);
      await writeOne(session, saved).then(
        () => {
          hasFailed = false;
        },
        (error: unknown) => {
          if (!hasFailed) log.warn({ err: error }, 'a fetched announcement cannot be kept');
          hasFailed = true;
        },
      );
    }
    working = undefined;
  };

  return {
    write: (session: string, learned: Saved | undefined): void => {
      if (isClosed) return;
      due.set(session, learned);
      working ??= Promise.resolve().then(work);
    },
    saved,
    close: (): Promise<void> => {
      isClosed = true;
      return saved();
    },
  };
}

const isWorthWriting = (before: Saved | undefined, now: Saved): boolean =>
  before?.url !== now.url ||
  before.xml !== now.xml ||
  Math.abs(now.fetchedAt - before.fetchedAt) >= REWRITE_MS;

/** Opens the announcements that an earlier front end of this data directory has fetched. */
export async function openLearned(dataDir: string, log: Logger): Promise<LearnedAnnouncements> {
  const folder = `${dataDir}/learned`;
  const bySession = createBoundedMap<string, Learned>(LEARNED_MAX);
  const onDisk = new Map<string, Saved>(); // the same sessions
  const writer = createWriter(folder, log);
  for (const learned of await loadAll(folder)) {
    bySession.set(idOf(learned.announcement), learned);
    onDisk.set(idOf(learned.announcement), learned);
  }

  const forgetOldest = (): void => {
    const [oldest] = bySession.entries().next().value ?? [];
    if (oldest === undefined) return;
    bySession.delete(oldest);
    onDisk.delete(oldest);
    writer.write(oldest, undefined);
  };

  return {
    use: bySession.use,
    all: () => [...bySession.entries()].map(([, learned]) => learned),
    put: (learned) => {
      const session = idOf(learned.announcement);
      const known = bySession.use(session);
      if (known !== undefined && isOutdated(learned, known)) return known;
      if (!bySession.has(session) && bySession.size >= LEARNED_MAX) forgetOldest();
      bySession.set(session, learned);
      if (isWorthWriting(onDisk.get(session), learned)) {
        onDisk.set(session, learned);
        writer.write(session, learned);
      }
      return learned;
    },
    saved: writer.saved,
    close: writer.close,
  };
}
