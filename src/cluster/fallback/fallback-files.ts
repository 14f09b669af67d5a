/**
 * The files that sessions fall back to: DATA/fallbacks/UUID.mp3. Each upload is a new file under a
 * new name, so that a file that is being played never changes. The owner of the announcement
 * (owner.ts) names the current one. Files that no owner names are removed by `sweep`: with the next
 * upload, because a file that was replaced is still played for a moment.
 *
 * Uploads come from strangers: a file is received piece by piece and inspected as it arrives
 * (inspect-mp3.ts), and stored only if it is MP3. Bounded: FALLBACK_BYTES_MAX for each,
 * TOTAL_BYTES_MAX for all, UPLOADS_MAX at a time.
 */
import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FALLBACK_BYTES_MAX } from '../../api/publishing.js';
import type { AnnouncementStore } from '../announcements/announcement-store.js';
import { receiveFile, type WriteObjection } from './receive-file.js';

/** All files of a cluster. Guess: any client may announce a session, so disk space is limited. */
const TOTAL_BYTES_MAX = 2 ** 31;
/** Guess: uploads are rare. */
const UPLOADS_MAX = 4;

/** A file that has been stored. */
interface StoredFile {
  readonly file: string;
  readonly bytes: number;
}

/** The outcome of an upload. */
export type Received =
  | ({ readonly kind: 'stored' } & StoredFile)
  | WriteObjection
  | { readonly kind: 'tooMany' | 'noRoom' }
  | { readonly kind: 'failed'; readonly error: NodeJS.ErrnoException };

export interface FallbackFiles {
  /**
   * Stores a stream, whole or not at all. `sweep` does not remove the file until `adopt` has
   * resolved, which has an owner name it. Rejects only if `adopt` does.
   */
  receive(
    chunks: AsyncIterable<Uint8Array>,
    adopt: (stored: StoredFile) => Promise<void>,
  ): Promise<Received>;
  /**
   * Takes over a file of another front end under its own name, unless it is here; then has an owner name
   * it. Rejects if it is refused, or `adopt` rejects.
   */
  takeOver(
    file: string,
    chunks: AsyncIterable<Uint8Array>,
    adopt: () => Promise<void>,
  ): Promise<void>;
  pathOf(file: string): string;
  /** Removes the files that no owner names and that are not being received. */
  sweep(): Promise<void>;
}

async function save(
  path: string,
  file: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Received> {
  try {
    const written = await receiveFile(path, chunks);
    return typeof written === 'number' ? { kind: 'stored', file, bytes: written } : written;
  } catch (error) {
    return { kind: 'failed', error: error as NodeJS.ErrnoException };
  }
}

/** Opens the files of a data directory, and sweeps. Rejects with the system's error. */
export async function openFallbackFiles(
  dataDir: string,
  store: AnnouncementStore,
): Promise<FallbackFiles> {
  const folder = resolve(dataDir, 'fallbacks');
  /** Files that no owner names yet; UPLOADS_MAX at most. */
  const fresh = new Set<string>();
  const pathOf = (file: string): string => `${folder}/${file}`;
  const named = () => store.all().flatMap(({ owner }) => owner?.fallback ?? []);

  const sweep = async (): Promise<void> => {
    const kept = new Set([...named().map(({ file }) => file), ...fresh]);
    const files = await readdir(folder);
    const isKept = (name: string): boolean => kept.has(name.replace(/\.tmp$/, ''));
    await Promise.all(files.filter((name) => !isKept(name)).map((name) => rm(pathOf(name))));
  };

  const objection = (): Received | undefined => {
    const used = named().reduce((sum, { bytes }) => sum + bytes, 0);
    if (fresh.size >= UPLOADS_MAX) return { kind: 'tooMany' };
    const isFull = used + (fresh.size + 1) * FALLBACK_BYTES_MAX > TOTAL_BYTES_MAX;
    return isFull ? { kind: 'noRoom' } : undefined;
  };

  const receive: FallbackFiles['receive'] = async (chunks, adopt) => {
    const refused = objection();
    if (refused !== undefined) return refused;
    await sweep().catch(() => undefined);
    const file = `${randomUUID()}.mp3`;
    fresh.add(file);
    try {
      const received = await save(pathOf(file), file, chunks);
      if (received.kind === 'stored') await adopt(received);
      return received;
    } finally {
      fresh.delete(file);
    }
  };

  const takeOver: FallbackFiles['takeOver'] = async (file, chunks, adopt) => {
    fresh.add(file);
    try {
      const isHere = await access(pathOf(file)).then(
        () => true,
        () => false,
      );
      const received = isHere ? undefined : await save(pathOf(file), file, chunks);
      if (received !== undefined && received.kind !== 'stored') {
        throw new Error(`the fallback file ${file} was not taken over: ${received.kind}`);
      }
      await adopt();
    } finally {
      fresh.delete(file);
    }
  };

  await mkdir(folder, { recursive: true, mode: 0o700 });
  await sweep();
  return { receive, takeOver, pathOf, sweep };
}
