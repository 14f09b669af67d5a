/**
 * The services of a running front end, created in the order of their dependencies: first what the
 * data directory holds, which may fail and is read before the port is opened; then the services
 * around it, which need the port's number and cannot fail.
 *
 * Only cluster.ts and front-end.ts see all services. Each group of routes is given the few that it
 * needs, which its own file names.
 */
import { performance } from 'node:perf_hooks';
import type { ClusterStatus } from '../api/cluster-status.js';
import type { ScxStatus } from '../api/scx-status.js';
import { createProofCheck, type ProofCheck } from '../http/cluster-proof.js';
import { trustIn } from '../http/server/client-address.js';
import { type FileTls, openTls } from '../http/server/tls.js';
import { joinHostPort, localHost } from '../lib/host-port.js';
import { EXIT, UserError } from '../lib/user-error.js';
import { packageVersion } from '../runtime/package-files.js';
import { createPasswordKeys } from '../runtime/password-keys.js';
import type { SigningKey } from '../runtime/signing-key.js';
import { steadyTimeMs } from '../runtime/steady-time.js';
import { openPlaces, type PlaceOf } from '../runtime/system/address-places.js';
import { openFilesMax, RAISE } from '../runtime/system/open-files.js';
import { isDirectory, type SignedAnnouncement } from '../session/announcement.js';
import { identityOf, parseSessionId, type SessionIdentity } from '../session/session-id.js';
import { createScxClients, type ScxClients } from './admin/scx-clients.js';
import { type AdminLogin, createAdminLogin } from './announcements/admin-login.js';
import { type AnnouncementFinder, createFinder } from './announcements/announcement-finder.js';
import { type AnnouncementStore, openAnnouncements } from './announcements/announcement-store.js';
import { type LearnedAnnouncements, openLearned } from './announcements/learned-announcements.js';
import { createOwnership, type Ownership } from './announcements/ownership.js';
import { type ClusterOptions, SCX_DEFAULTS, TRUSTED_PROXIES } from './cluster-options.js';
import { type Dashboard, openDashboard } from './dashboard/dashboard.js';
import { onDisk } from './data/data-directory.js';
import { loadAdminToken, loadClusterKey, loadSecret } from './data/lease-secret.js';
import { type Board, createBoard } from './directory/board.js';
import { createDirectory, type Directory } from './directory/directory.js';
import type { SessionFacts } from './directory/own-entries.js';
import { type FallbackFiles, openFallbackFiles } from './fallback/fallback-files.js';
import { createFleet, type Fleet } from './fleet/fleet.js';
import { keepPublished } from './fleet/keep-published.js';
import type { LaunchTemplate } from './fleet/launch-document.js';
import { createSessionScxs, type SessionScxs } from './fleet/scx-for-session.js';
import { type ImageFiles, openImages } from './images/image-files.js';
import { createImageFinder, type ImageFinder } from './images/image-finder.js';
import { createEncoderSessions, type EncoderSessions } from './ingest/session-of-mount.js';
import { createStreamProxy, type StreamProxy } from './listen/stream-proxy.js';
import { type Locating, startLocating } from './nearest/locating.js';
import { type FrontEndShares, shareFrontEnd } from './open-file-shares.js';
import { createOverlayFeeds, type OverlayFeeds } from './overlay-map/overlay-feed.js';
import { createScxOverlay } from './overlay-map/scx-overlay.js';
import type { Found, Platform, SharedPlatform } from './platform/platform.js';
import { pairCapacity } from './ports/port-pairs.js';
import { advertisedHost, type ScxHostOf } from './ports/scx-host.js';
import { openRecordings, type Recordings } from './recordings/recordings.js';
import { type Replicator, startReplicator } from './replica/replicator.js';
import { type ClusterMetrics, createClusterMetrics } from './status/cluster-metrics.js';
import { clusterStatus } from './status/cluster-status.js';
import { drawRoom, type Room } from './status/room.js';
import { openTitleHistory, type TitleHistory } from './status/title-history.js';
import {
  type SupervisorConfig,
  sharedConfig,
  supervisorConfig,
} from './supervisor/supervisor-config.js';
import type { SupervisorEffect } from './supervisor/supervisor-types.js';
import { loadPages, type Page } from './web/pages.js';
import { createWebhooks, type Webhooks } from './webhooks/webhooks.js';

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

export interface Services extends Prepared {
  readonly options: ClusterOptions;
  /** As others reach us: `http://host:port`. */
  readonly url: string;
  readonly scxHostOf: ScxHostOf;
  /** What a platform of several machines adds. */
  readonly shared: SharedPlatform | undefined;
  readonly trustedProxies: readonly string[];
  readonly finder: AnnouncementFinder;
  readonly imageFinder: ImageFinder;
  readonly board: Board;
  readonly directory: Directory;
  readonly locating: Locating;
  readonly fleet: Fleet;
  readonly scxs: SessionScxs;
  readonly sessions: EncoderSessions;
  readonly metrics: ClusterMetrics;
  readonly proxy: StreamProxy;
  readonly ownership: Ownership;
  /** Checks requests that are made with the cluster's secret. */
  readonly proofs: ProofCheck;
  readonly login: AdminLogin;
  readonly clients: ScxClients;
  readonly overlayFeeds: OverlayFeeds;
  readonly webhooks: Webhooks;
  readonly dashboard: Dashboard;
  /** Absent where there is one front end. */
  readonly replicator: Replicator | undefined;
  /** Something is published here, or at another front end of the cluster. */
  onPublished(announcement: SignedAnnouncement): void;
  onWithdrawn(session: Pick<SessionIdentity, 'id' | 'text'>): Promise<void>;
  /** `url`: our own, as the client is to be told it (web/public-url.ts). */
  status(url: string): ClusterStatus;
  /** The same without private sessions. */
  publicStatus(url: string): ClusterStatus;
  /** What there is room for. */
  room(): Room;
}

const now = (): number => performance.now();

/** Longer than an SCX takes to learn that its session is published no more, ms. */
const FORGET_MS = 5000;

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
  const root = options.scx?.recording?.root;
  const state = await onDisk(dataDir, async () => {
    const store = await openAnnouncements(dataDir, log);
    return {
      secret: await loadSecret(dataDir),
      adminToken: await loadAdminToken(dataDir),
      clusterKey: await loadClusterKey(dataDir),
      store,
      learned: await openLearned(dataDir, log),
      fallbacks: await openFallbackFiles(dataDir, store),
      images: await openImages(dataDir, store),
      recordings: root === undefined ? undefined : await openRecordings(root, store, now),
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

/** The launch parameters that all SCXs share. */
function templateOf(
  options: ClusterOptions,
  port: number,
  { secret, version, config }: Prepared,
): LaunchTemplate {
  const { host, listenHost, allowPrivate, log } = options;
  return {
    ...SCX_DEFAULTS,
    ...(config.isShared ? { leaseIntervalMs: SHARED_LEASE_MS } : {}),
    version,
    logLevel: log.level,
    ...options.scx,
    // The front end itself is a proxy for players that cannot be redirected.
    trustedProxies: [...(options.trustedProxies ?? TRUSTED_PROXIES), localHost(listenHost)],
    leaseUrl: `http://${joinHostPort(localHost(listenHost), port)}`,
    leaseToken: secret,
    advertiseHost: host,
    listenHost,
    allowPrivate,
  };
}

/** The silence of a machine is noticed by nothing else, so leases are renewed more often. */
const SHARED_LEASE_MS = 500;
/** A Swarm may have to elect a leader first, which takes up to 20 s. */
const SHARED_WAIT_MS = 30_000;

const waitMsOf = ({ shared }: Platform): number | undefined =>
  shared === undefined ? undefined : SHARED_WAIT_MS;

/** What this cluster tells others of itself. */
function factsFrom({
  url,
  version,
  scxsMax,
  fleet,
}: Pick<Services, 'url' | 'version' | 'fleet'> & Pick<SupervisorConfig, 'scxsMax'>) {
  const listenersOf = (scxs: readonly ScxStatus[]): number =>
    scxs.reduce((sum, { listeners }) => sum + listeners, 0);
  return {
    facts: () => ({
      ...{ urls: [url], version, scxsMax, scxs: fleet.size },
      listeners: listenersOf(fleet.statuses()),
    }),
    sessionFacts: (id: string): SessionFacts => {
      const scxs = fleet.statuses(id);
      const playing = scxs.find((scx) => scx.playing !== null);
      const kbps = Math.round(playing?.bitrateKbps ?? 0);
      const facts = { onAir: playing !== undefined, listeners: listenersOf(scxs) };
      return kbps > 0 ? { ...facts, kbps } : facts;
    },
  };
}

type StatusParts = Pick<
  Services,
  'version' | 'config' | 'fleet' | 'store' | 'finder' | 'clusterKey' | 'shared' | 'options'
>;

/** Puts the status together whenever it is asked for. */
function statusFrom(parts: StatusParts) {
  const { version, config, fleet, store, finder, clusterKey, shared, options } = parts;
  const startedAt = new Date().toISOString();
  return (url: string): ClusterStatus =>
    clusterStatus({
      ...{
        url,
        version,
        startedAt,
        key: clusterKey.publicKey,
        scxsMax: config.scxsMax,
        publicMap: options.publicMap,
        scxCount: fleet.size,
      },
      machines: shared?.machines(),
      scxs: fleet.statuses(),
      spares: fleet.spares,
      running: fleet.sessions(),
      published: store.all().map(({ announcement: { name, key } }) => identityOf(name, key).id),
      recall: finder.recall,
      listenersOf: fleet.listenersOf,
    });
}

/** Says what there is room for, whenever it is asked. */
function roomFrom(
  options: ClusterOptions,
  parts: Pick<Services, 'url' | 'config' | 'fleet' | 'store' | 'finder' | 'clusterKey'>,
) {
  const { url, config, fleet, store, finder, clusterKey } = parts;
  const { listenersMax } = { ...SCX_DEFAULTS, ...options.scx };
  return () =>
    drawRoom({
      ...{ key: clusterKey.publicKey, url, config, scxListenersMax: listenersMax },
      carriesAny: options.carryFrom === undefined && config.foreignMax > 0,
      scxCount: fleet.size,
      scxs: fleet.statuses(),
      published: store.all().map(({ announcement: { name, key } }) => identityOf(name, key).id),
      isPublic: (id) => {
        const known = finder.recall(id);
        if (known === undefined) return false;
        return known.announcement.privacy === undefined && !isDirectory(known.announcement);
      },
    });
}

const withoutPrivate = ({ cluster, sessions }: ClusterStatus): ClusterStatus => ({
  cluster,
  sessions: sessions.filter((session) => session.private !== true),
});

/** Creates the services of a front end that listens on this port. */
export function createServices(
  options: ClusterOptions,
  platform: Platform,
  prepared: Prepared,
  port: number,
): Services {
  const { log, allowPrivate, mounts = new Map(), anyoneMayAnnounce: isOpen = false } = options;
  const { store, learned, found, config, version, adminToken, clusterKey } = prepared;
  const { shared } = platform;
  const proofs = createProofCheck(prepared.secret);
  const url = `http://${joinHostPort(options.host, port)}`;
  const onThisMachine = localHost(options.listenHost);
  const scxHostOf = platform.shared === undefined ? () => onThisMachine : advertisedHost;
  const metrics = createClusterMetrics();
  const template = templateOf(options, port, prepared);
  const onEffect = (effect: SupervisorEffect): void => {
    metrics.countEffect(effect);
    noteEffect(effect);
  };
  /** Until the dashboard is there. */
  let noteEffect = (_effect: SupervisorEffect): void => undefined;
  const fleet = createFleet({ platform, found, config, template, clusterKey, log, onEffect });
  const { carryFrom } = options;
  const board = createBoard(steadyTimeMs);
  const listed = board.find;
  const finder = createFinder({ store, learned, url, allowPrivate, carryFrom, listed, now });
  const imageFinder = createImageFinder({
    ...{ files: prepared.images, url, allowPrivate, now },
    frontEnds: () => shared?.frontEnds().filter((frontEnd) => frontEnd !== url) ?? [],
    announced: () => [
      ...[...store.all(), ...learned.all()],
      ...(carryFrom === undefined ? board.listings() : []),
    ],
  });
  const scxs = createSessionScxs(fleet, clusterKey.publicKey, waitMsOf(platform));
  const onPublished = (announcement: SignedAnnouncement): void => {
    keepPublished(fleet, announcement);
    directory.update();
  };
  const onWithdrawn: Services['onWithdrawn'] = async ({ id, text }) => {
    fleet.unkeep(id);
    directory.update();
    webhooks.forget(text);
    const session = parseSessionId(id);
    // The SCX ends the recording when it learns of this.
    if (session.ok)
      setTimeout(() => void prepared.recordings?.forget(session.value), FORGET_MS).unref();
    await prepared.fallbacks.sweep();
  };
  const replicator =
    shared &&
    startReplicator({
      ...{ secret: prepared.secret, store, fallbacks: prepared.fallbacks, log, now, onPublished },
      frontEnds: shared.frontEnds,
      imageFinder,
      onWithdrawn: ({ name, key }) => onWithdrawn(identityOf(name, key)),
    });
  const { scxsMax } = config;
  const directory = createDirectory({
    ...{ url: options.directory, board, store, finder, fleet, clusterKey, log },
    ...factsFrom({ url, version, scxsMax, fleet }),
    leads: replicator?.leads,
  });
  const ports = (): ReadonlySet<number> =>
    new Set([port, ...fleet.statuses().map(({ httpUrl }) => Number(new URL(httpUrl).port))]);
  const locating = startLocating({
    ...{ ownKey: clusterKey.publicKey, board, directory, ports, allowPrivate, log, now },
    ...{ trust: options.trust ?? 'directory', isInDirectory: options.directory !== undefined },
    privacies: () => store.all().flatMap(({ announcement: { privacy } }) => privacy ?? []),
    isProxy: trustIn(options.trustedProxies ?? TRUSTED_PROXIES),
    ...{ ownUrl: url, placeOf: prepared.placeOf },
    ...{ looks: options.roundTripLooks, askMs: options.askClustersMs },
  });
  const webhooks = createWebhooks({
    ...{ allowPrivate, log, now, onOutcome: metrics.countWebhook },
    leads: replicator?.leads,
  });
  const clients = createScxClients({ scxHostOf, secret: prepared.secret, log });
  const status = statusFrom({
    ...{ version, config, fleet, store, finder, clusterKey, shared, options },
  });
  const dashboard = openDashboard({
    ...{ ...options, fleet, finder, board, clients, placeOf: prepared.placeOf, status },
  });
  noteEffect = dashboard.onEffect;
  return {
    ...{ ...prepared, options, url, scxHostOf, shared, metrics, fleet, finder, scxs },
    imageFinder,
    ...{ board, directory, locating, clients, dashboard },
    trustedProxies: options.trustedProxies ?? TRUSTED_PROXIES,
    sessions: createEncoderSessions({
      ...{ mounts, store, finder, scxs, sessionsHere: fleet.sessions },
      keys: createPasswordKeys(),
    }),
    proxy: createStreamProxy({ scxHostOf, streamsMax: prepared.shares.proxiedMax }),
    ownership: createOwnership({ url, operatorToken: adminToken, proofs, isOpen, now }),
    proofs,
    login: createAdminLogin(store, adminToken),
    overlayFeeds: createOverlayFeeds({
      ...{ running: scxs.running, log },
      read: createScxOverlay({ scxHostOf, secret: prepared.secret }),
    }),
    ...{ webhooks, replicator, onPublished, onWithdrawn },
    status,
    publicStatus: (at) => withoutPrivate(status(at)),
    room: roomFrom(options, { url, config, fleet, store, finder, clusterKey }),
  };
}
