/**
 * From the hash of a picture, which stands in an announcement, to the picture: from the disk, or else from
 * a cluster that has it: the one that the announcement came from, and those that are rendezvous points of the
 * session. So a session that was announced elsewhere has its picture here, too, and from then on a
 * further cluster can get it from this one.
 *
 * Anybody may ask, but a picture is fetched only if its hash stands in an announcement that is known here; once for
 * all that ask; guarded, as all that strangers make us fetch; and a cluster that is asked by another
 * one asks no third (`HERE`). What could not be had is not asked for again for FAILURE_MS.
 */
import { guardedFetchBytes } from '../../http/client/guarded-fetch.js';
import { IMAGE_BYTES_MAX } from '../../image/image-type.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { good } from '../../lib/result.js';
import type { Announcement } from '../../session/announcement.js';
import { createFetchBudget } from '../announcements/fetch-budget.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import { type ImageFiles, imageOf, type StoredImage } from './image-files.js';

/** In the query: the picture if it is at this cluster. */
export const HERE = 'here';

const FAILURE_MS = 5000; // guess: a picture is uploaded a moment after its announcement
const FAILURES_MAX = 1024;
const FETCH_MS = 5000;
/** Clusters that are asked for one picture. */
const SOURCES_MAX = 4;

const NONE = problem(404, 'There is no such picture at this cluster.');

/** An announcement that is known here. */
interface Announced {
  readonly announcement: Pick<Announcement, 'image' | 'rendezvous'>;
  /** Where it is announced; undefined: here. */
  readonly url?: string | undefined;
}

export interface ImageFinderOptions {
  readonly files: ImageFiles;
  /** Our `http://host:port`. */
  readonly url: string;
  readonly allowPrivate: boolean;
  announced(): readonly Announced[];
  /** The front ends of this cluster, if there are several. */
  frontEnds(): readonly string[];
  readonly fetch?: typeof guardedFetchBytes;
  /** Ms, monotonic. */
  now(): number;
}

export interface ImageFinder {
  /** `isHere`: without asking other clusters. `client`: the address that asks. */
  find(hash: string, client: string, isHere: boolean): Promise<OrProblem<StoredImage>>;
  /** Fetches a picture if it is not here. */
  fill(hash: string): Promise<void>;
}

/** The address of a cluster in the URL of an announcement or a rendezvous point there. */
const BASE = /^(https?:\/\/[^?#]+)\/(?:announcements|rendezvous)\/[^/?#]+\/[^/?#]+$/i;

const baseOf = (url: string | undefined): string | undefined => BASE.exec(url ?? '')?.[1];

/** Creates a finder. */
export function createImageFinder(options: ImageFinderOptions): ImageFinder {
  const { files, url: ownUrl, announced, frontEnds, now } = options;
  const { fetch = guardedFetchBytes, allowPrivate } = options;
  const budget = createFetchBudget(now);
  const failedAt = createBoundedMap<string, number>(FAILURES_MAX);
  const fetching = new Map<string, Promise<OrProblem<StoredImage>>>(); // bounded by the budget

  /** Clusters that may have it; undefined: nobody has announced such a picture. */
  const sourcesOf = (hash: string): readonly string[] | undefined => {
    const all = announced().filter(({ announcement }) => announcement.image === hash);
    if (all.length === 0) return undefined;
    const urls = all.flatMap(({ announcement, url }) => [url, ...announcement.rendezvous]);
    const bases = urls.flatMap((url) => baseOf(url) ?? []).filter((base) => base !== ownUrl);
    return [...new Set([...frontEnds(), ...bases])].slice(0, SOURCES_MAX);
  };

  const fetchFrom = async (base: string, hash: string, client: string) => {
    const taken = budget.take(client, new URL(base).hostname);
    if (!taken.ok) return taken;
    try {
      const isOurs = frontEnds().includes(base);
      const { body } = await fetch(`${base}/images/${hash}?${HERE}=1`, {
        ...{ bytesMax: IMAGE_BYTES_MAX, timeoutMs: FETCH_MS, accept: 'image/*' },
        allowPrivate: allowPrivate || isOurs,
      });
      const image = imageOf(hash, body);
      return image.ok ? image : refused(NONE);
    } catch {
      return refused(NONE);
    } finally {
      taken.value();
    }
  };

  const fetchAny = async (hash: string, client: string): Promise<OrProblem<StoredImage>> => {
    let isBusy: OrProblem<StoredImage> | undefined;
    for (const base of sourcesOf(hash) ?? []) {
      const image = await fetchFrom(base, hash, client);
      if (!image.ok && image.problem !== NONE) isBusy = image;
      if (!image.ok) continue;
      await files.put(hash, image.value).catch(() => undefined);
      return image;
    }
    if (isBusy === undefined) failedAt.set(hash, now());
    return isBusy ?? refused(NONE);
  };

  const share = (hash: string, client: string): Promise<OrProblem<StoredImage>> => {
    const started =
      fetching.get(hash) ?? fetchAny(hash, client).finally(() => fetching.delete(hash));
    fetching.set(hash, started);
    return started;
  };

  const find: ImageFinder['find'] = async (hash, client, isHere) => {
    const image = await files.read(hash);
    if (image !== undefined) return good(image);
    const hasFailed = now() - (failedAt.get(hash) ?? Number.NEGATIVE_INFINITY) < FAILURE_MS;
    if (isHere || hasFailed || sourcesOf(hash) === undefined) return refused(NONE);
    return share(hash, client);
  };
  return {
    find,
    fill: async (hash) => {
      if (!files.has(hash)) await find(hash, '', false);
    },
  };
}
