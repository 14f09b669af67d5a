/**
 * The files that sessions fall back to: DATA/fallbacks/UUID.mp3. Each upload is a new file under a
 * new name, so that whoever plays one never sees it change; the owner of the announcement (owner.ts)
 * names the one that counts, and the others are swept away: with the next upload, because what was
 * replaced is still played for a moment.
 *
 * A stranger's file is received piece by piece and looked at as it comes: it is stored only if it is
 * MP3. Bounded: FALLBACK_BYTES_MAX each, TOTAL_BYTES_MAX all, UPLOADS_MAX at a time.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FALLBACK_BYTES_MAX } from '../../api/publishing.js';
import { FORMAT_BYTES, foreignFormat } from '../../mp3/frames/foreign-format.js';
import { createFramer, type FramerEvent } from '../../mp3/frames/framer.js';
import type { AnnouncementStore } from '../announcements/announcement-store.js';
import { PRIVATE_MODE } from '../data/atomic-file.js';

/** All files of a cluster. Guess: anybody may announce a session, so the disk must be spared. */
const TOTAL_BYTES_MAX = 2 ** 31;
/** Guess: they are rare. */
const UPLOADS_MAX = 4;
/** What is shorter would be opened all the time, ms. Guess. */
const DURATION_MS_MIN = 1000;
/** A file of which so much is no frame and no tag is no MP3; the same as for `broadcast`. */
const JUNK_BYTES_MAX = 2 ** 20;

/** A file that has been stored. */
interface StoredFile {
  readonly file: string;
  readonly bytes: number;
}

/** What became of an upload. `notMp3`: what it is instead, if that is known. */
export type Received =
  | ({ readonly kind: 'stored' } & StoredFile)
  | { readonly kind: 'tooLarge' | 'tooShort' | 'tooMany' | 'noRoom' | 'brokenOff' }
  | { readonly kind: 'notMp3'; readonly format: string | undefined }
  | { readonly kind: 'failed'; readonly error: NodeJS.ErrnoException };

export interface FallbackFiles {
  /**
   * Stores a stream, whole or not at all. The file is safe from `sweep` until `adopt` has resolved,
   * which has an owner name it. Rejects only if `adopt` does.
   */
  receive(
    chunks: AsyncIterable<Uint8Array>,
    adopt: (stored: StoredFile) => Promise<void>,
  ): Promise<Received>;
  pathOf(file: string): string;
  /** Removes what no owner names, and what is not just being received. */
  sweep(): Promise<void>;
}

type Verdict = Exclude<Received, { kind: 'stored' | 'failed' }>;

/** Looks at a file while it comes; each call says why it is refused, if it is. */
function createInspection() {
  const framer = createFramer();
  let head: Uint8Array = new Uint8Array();
  let bytes = 0;
  let junkBytes = 0;
  let playedMs = 0;

  const notMp3 = (): Verdict => ({ kind: 'notMp3', format: foreignFormat(head) });

  const note = (events: readonly FramerEvent[]): void => {
    for (const event of events) {
      if (event.kind === 'frame') playedMs += event.header.durationMs;
      if (event.kind === 'junk') junkBytes += event.bytes;
    }
  };

  return {
    get bytes() {
      return bytes;
    },
    take: (chunk: Uint8Array): Verdict | undefined => {
      bytes += chunk.length;
      if (bytes > FALLBACK_BYTES_MAX) return { kind: 'tooLarge' };
      if (head.length < FORMAT_BYTES) head = Buffer.concat([head, chunk.subarray(0, FORMAT_BYTES)]);
      note(framer.push(chunk));
      return playedMs === 0 && junkBytes > JUNK_BYTES_MAX ? notMp3() : undefined;
    },
    end: (): Verdict | undefined => {
      note(framer.end());
      if (playedMs === 0) return notMp3();
      return playedMs < DURATION_MS_MIN ? { kind: 'tooShort' } : undefined;
    },
  };
}

/** Writes what comes; undefined if it is to be kept. Rejects with the system's error. */
async function write(
  chunks: AsyncIterable<Uint8Array>,
  output: FileHandle,
  inspection: ReturnType<typeof createInspection>,
): Promise<Verdict | undefined> {
  for await (const chunk of orBrokenOff(chunks)) {
    if (chunk === 'brokenOff') return { kind: 'brokenOff' };
    const refused = inspection.take(chunk);
    if (refused !== undefined) return refused;
    await output.writeFile(chunk);
  }
  return inspection.end();
}

/** An error of the network is not one of the disk. */
async function* orBrokenOff(chunks: AsyncIterable<Uint8Array>) {
  try {
    yield* chunks;
  } catch {
    yield 'brokenOff' as const;
  }
}

/** Opens the files of a data directory, and sweeps. Rejects with the system's error. */
export async function openFallbackFiles(
  dataDir: string,
  store: AnnouncementStore,
): Promise<FallbackFiles> {
  const folder = resolve(dataDir, 'fallbacks');
  /** Those that no owner names yet; UPLOADS_MAX at most. */
  const fresh = new Set<string>();
  const pathOf = (file: string): string => `${folder}/${file}`;
  const named = () => store.all().flatMap(({ owner }) => owner?.fallback ?? []);

  const sweep = async (): Promise<void> => {
    const kept = new Set([...named().map(({ file }) => file), ...fresh]);
    const files = await readdir(folder);
    const isKept = (name: string): boolean => kept.has(name.replace(/\.tmp$/, ''));
    await Promise.all(files.filter((name) => !isKept(name)).map((name) => rm(pathOf(name))));
  };

  const save = async (file: string, chunks: AsyncIterable<Uint8Array>): Promise<Received> => {
    const beside = `${pathOf(file)}.tmp`;
    const inspection = createInspection();
    const output = await open(beside, 'wx', PRIVATE_MODE);
    try {
      const refused = await write(chunks, output, inspection);
      if (refused !== undefined) return refused;
      await output.sync();
      await rename(beside, pathOf(file));
      return { kind: 'stored', file, bytes: inspection.bytes };
    } finally {
      await output.close();
      await rm(beside, { force: true });
    }
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
    const failed = (error: NodeJS.ErrnoException): Received => ({ kind: 'failed', error });
    try {
      const received = await save(file, chunks).catch(failed);
      if (received.kind === 'stored') await adopt(received);
      return received;
    } finally {
      fresh.delete(file);
    }
  };

  await mkdir(folder, { recursive: true, mode: 0o700 });
  await sweep();
  return { receive, pathOf, sweep };
}
