/**
 * The pictures of sessions: DATA/images/HASH, each named by its SHA-256, so that a picture is never
 * another one than the signed announcement says, whoever has sent it. A file that is damaged counts as
 * absent, and is removed.
 *
 * Bounded: those of what is published here (ANNOUNCEMENTS_MAX), and OTHERS_MAX of other sessions, of
 * which the one that was stored first makes room. In memory are SHOWN_MAX; a picture that is being sent to slow
 * readers is there once.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ImageFacts } from '../../image/image-type.js';
import { inspectImage } from '../../image/inspect-image.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { AnnouncementStore } from '../announcements/announcement-store.js';
import { PRIVATE_MODE, writeFileAtomic } from '../data/atomic-file.js';

/** 512 KiB each at most. Guesses. */
const OTHERS_MAX = 128;
const SHOWN_MAX = 64;

/** A picture. */
export interface StoredImage {
  readonly bytes: Buffer;
  readonly type: ImageFacts['type'];
}

export interface ImageFiles {
  has(hash: string): boolean;
  /** The picture with this hash, if it is here. Never rejects. */
  read(hash: string): Promise<StoredImage | undefined>;
  /** Stores one that `imageOf` has accepted. Rejects with the system's error. */
  put(hash: string, image: StoredImage): Promise<void>;
}

/** The picture that has this hash; the problems if these bytes are none. */
export function imageOf(hash: string, bytes: Buffer) {
  const inspected = inspectImage(bytes);
  if (!inspected.ok) return inspected;
  const isRight = createHash('sha256').update(bytes).digest('base64url') === hash;
  if (!isRight) return { ok: false, problems: ['it is another picture than announced'] } as const;
  return { ok: true, value: { bytes, type: inspected.value.type } satisfies StoredImage } as const;
}

/** Names of files differ in more than upper and lower case. */
const fileOf = (hash: string): string => Buffer.from(hash, 'base64url').toString('hex');
const hashIn = (file: string): string => Buffer.from(file, 'hex').toString('base64url');
const FILE = /^[0-9a-f]{64}$/;

/** Opens the pictures of a data directory. Rejects with the system's error. */
export async function openImages(dataDir: string, store: AnnouncementStore): Promise<ImageFiles> {
  const folder = resolve(dataDir, 'images');
  const pathOf = (hash: string): string => `${folder}/${fileOf(hash)}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  const here = new Set(names.filter((name) => FILE.test(name)).map(hashIn));
  const shown = createBoundedMap<string, StoredImage>(SHOWN_MAX);

  const remove = async (hash: string): Promise<void> => {
    here.delete(hash);
    shown.delete(hash);
    await rm(pathOf(hash), { force: true });
  };

  /** Removes what is too much, and what a crash has left behind. */
  const sweep = async (): Promise<void> => {
    const published = new Set(store.all().map(({ announcement }) => announcement.image));
    const others = [...here].filter((hash) => !published.has(hash));
    await Promise.all(others.slice(0, -OTHERS_MAX).map(remove));
  };

  const read = async (hash: string): Promise<StoredImage | undefined> => {
    const known = shown.use(hash);
    if (known !== undefined || !here.has(hash)) return known;
    const bytes = await readFile(pathOf(hash)).catch(() => undefined);
    const image = bytes && imageOf(hash, bytes);
    if (image?.ok) shown.set(hash, image.value);
    else await remove(hash).catch(() => undefined);
    return image?.ok ? image.value : undefined;
  };

  const leftovers = names.filter((name) => !FILE.test(name));
  await Promise.all(leftovers.map((name) => rm(`${folder}/${name}`, { recursive: true })));
  await sweep();
  return {
    has: (hash) => here.has(hash),
    read,
    put: async (hash, image) => {
      await writeFileAtomic(pathOf(hash), image.bytes, PRIVATE_MODE);
      here.add(hash);
      shown.set(hash, image);
      await sweep();
    },
  };
}
