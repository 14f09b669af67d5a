/**
 * What a front end needs before its port is opened: what the data directory holds, which may fail,
 * and how many SCXs and clients the process can serve.
 */
import { performance } from 'node:perf_hooks';
import { type FileTls, openTls } from '../http/server/tls.js';
import { EXIT, UserError } from '../lib/user-error.js';
import { packageVersion } from '../runtime/package-files.js';
import type { SigningKey } from '../runtime/signing-key.js';
import { openPlaces, type PlaceOf } from '../runtime/system/address-places.js';
import { openFilesMax, RAISE } from '../runtime/system/open-files.js';
import { type AnnouncementStore, openAnnouncements } from './announcements/announcement-store.js';
import { type LearnedAnnouncements, openLearned } from './announcements/learned-announcements.js';
import type { ClusterOptions } from './cluster-options.js';
import { onDisk } from './data/data-directory.js';
import { loadAdminToken, loadClusterKey, loadSecret } from './data/lease-secret.js';
import { type FallbackFiles, openFallbackFiles } from './fallback/fallback-files.js';
import { type ImageFiles, openImages } from './images/image-files.js';
import { type FrontEndShares, shareFrontEnd } from './open-file-shares.js';
import type { Found, Platform } from './platform/platform.js';
import { pairCapacity } from './ports/port-pairs.js';
import { openRecordings, type Recordings } from './recordings/recordings.js';
import { openTitleHistory, type TitleHistory } from './status/title-history.js';
import {
  type SupervisorConfig,
  sharedConfig,
  supervisorConfig,
} from './supervisor/supervisor-config.js';
import { loadPages, type Page } from './web/pages.js';

/** The data that is read before the port is opened. */
export interface Prepared {
  readonly config: SupervisorConfig;
  readonly shares: FrontEndShares;
  readonly secret: string;
  /** The operator's token, for `/admin` and for announcing. */
  readonly adminToken: string;
  readonly clusterKey: SigningKey;
  readonly store: AnnouncementStore;
  readonly learned: LearnedAnnouncements;
  readonly fallbacks: FallbackFiles;
  readonly images: ImageFiles;
  /** Undefined where nothing may be recorded. */
  readonly recordings: Recordings | undefined;
  /** The same of sessions that are announced elsewhere. */
  readonly foreignRecordings: Recordings | undefined;
  readonly titles: TitleHistory;
  /** SCXs that outlived an earlier front end. */
  readonly found: readonly Found[];
  readonly pages: readonly Page[];
  readonly version: string;
  /** Undefined without a certificate. */
  readonly tls: FileTls | undefined;
  /** Undefined without a database of places. */
  readonly placeOf: PlaceOf | undefined;
}

const now = (): number => performance.now();

/** How often recordings of sessions from elsewhere are looked through, ms. Guess. */
const TIDY_MS = 600_000;

/** Opens the recordings of sessions from elsewhere, whose SCXs do not always run. */
async function openForeign(root: string, learned: LearnedAnnouncements): Promise<Recordings> {
  const recordings = await openRecordings(root, learned, now);
  const tidy = (): void => void recordings.tidy().catch(() => undefined);
  setInterval(tidy, TIDY_MS).unref();
  return recordings;
}

/** The cap on SCXs: the operator's, or as many as there are ports for. */
function capOf({ maxScxs, scxPorts, log }: ClusterOptions): number {
  const pairs = pairCapacity(scxPorts);
  if (pairs < 1) throw new UserError(EXIT.usage, 'an SCX needs two ports: widen --scx-ports');
  if (pairs < maxScxs) {
    log.warn({ maxScxs, pairs }, 'the SCX ports are enough for fewer SCXs than --max-scxs');
  }
  return Math.min(pairs, maxScxs);
}

/** What the front end promises: the operator is told if the process may open less than that takes. */
function sharesOf(options: ClusterOptions): FrontEndShares {
  const { filesMax = openFilesMax(), log } = options;
  const wanted = capOf(options);
  const shares = shareFrontEnd(filesMax, wanted);
  const isShort = shares.connectionsMax < shareFrontEnd(Infinity, wanted).connectionsMax;
  if (isShort || shares.scxsMax < wanted) {
    const message = 'This process may not open enough files and sockets, and takes fewer clients';
    log.warn({ filesMax, wanted, ...shares }, `${message}: ${RAISE}`);
  }
  return shares;
}

/** Reads all that is read. Rejects with a UserError if the operator can fix what is wrong. */
export async function prepare(options: ClusterOptions, platform: Platform): Promise<Prepared> {
  const { dataDir, log, scxPorts } = options;
  const shares = sharesOf(options);
  const onOne = supervisorConfig(shares.scxsMax, scxPorts, {
    sessionListenersMax: options.maxListenersPerSession,
    foreignMax: options.maxForeignScxs,
    perOriginMax: options.maxForeignScxsPerAddress,
  });
  const config = platform.shared === undefined ? onOne : sharedConfig(onOne);
  const { root, foreign } = options.scx?.recording ?? {};
  const state = await onDisk(dataDir, async () => {
    const store = await openAnnouncements(dataDir, log);
    const learned = await openLearned(dataDir, log);
    return {
      secret: await loadSecret(dataDir),
      adminToken: await loadAdminToken(dataDir),
      clusterKey: await loadClusterKey(dataDir),
      store,
      learned,
      fallbacks: await openFallbackFiles(dataDir, store),
      images: await openImages(dataDir, store),
      recordings: root === undefined ? undefined : await openRecordings(root, store, now),
      foreignRecordings: foreign && (await openForeign(foreign.root, learned)),
      titles: await openTitleHistory(dataDir, log),
      found: await platform.list(),
    };
  });
  const placeOf = options.places === undefined ? undefined : await openPlaces(options.places);
  const pages = await loadPages();
  const certificate = options.scx?.certificate;
  const tls = certificate && (await openTls(certificate, log));
  return { config, shares, ...state, placeOf, pages, tls, version: packageVersion() };
}
