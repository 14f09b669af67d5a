/**
 * The services of a running front end, created in the order of their dependencies. What the data
 * directory holds was read before the port was opened (prepare.ts); the services around it need the
 * port's number and cannot fail.
 *
 * Only cluster.ts and front-end.ts see all services. Each group of routes is given the few that it
 * needs, which its own file names.
 */
import { performance } from 'node:perf_hooks';
import type { ClusterStatus } from '../api/cluster-status.js';
import { createProofCheck, type ProofCheck } from '../http/cluster-proof.js';
import { trustIn } from '../http/server/client-address.js';
import { joinHostPort, localHost } from '../lib/host-port.js';
import { createPasswordKeys } from '../runtime/password-keys.js';
import { steadyTimeMs } from '../runtime/steady-time.js';
import type { SignedAnnouncement } from '../session/announcement.js';
import { identityOf, parseSessionId, type SessionIdentity } from '../session/session-id.js';
import { createScxClients, type ScxClients } from './admin/scx-clients.js';
import { type AdminLogin, createAdminLogin } from './announcements/admin-login.js';
import { type AnnouncementFinder, createFinder } from './announcements/announcement-finder.js';
import { createOwnership, type Ownership } from './announcements/ownership.js';
import { type ClusterOptions, SCX_DEFAULTS, TRUSTED_PROXIES } from './cluster-options.js';
import { type Dashboard, openDashboard } from './dashboard/dashboard.js';
import { type Board, createBoard } from './directory/board.js';
import { createDirectory, type Directory } from './directory/directory.js';
import { createFleet, type Fleet } from './fleet/fleet.js';
import { keepPublished } from './fleet/keep-published.js';
import type { LaunchTemplate } from './fleet/launch-document.js';
import { createSessionScxs, type SessionScxs } from './fleet/scx-for-session.js';
import { createImageFinder, type ImageFinder } from './images/image-finder.js';
import { createEncoderSessions, type EncoderSessions } from './ingest/session-of-mount.js';
import { createStreamProxy, type StreamProxy } from './listen/stream-proxy.js';
import { type Locating, startLocating } from './nearest/locating.js';
import { createOverlayFeeds, type OverlayFeeds } from './overlay-map/overlay-feed.js';
import { createScxOverlay } from './overlay-map/scx-overlay.js';
import type { Platform, SharedPlatform } from './platform/platform.js';
import { advertisedHost, type ScxHostOf } from './ports/scx-host.js';
import type { Prepared } from './prepare.js';
import { type Replicator, startReplicator } from './replica/replicator.js';
import { factsFrom, roomFrom, statusFrom, withoutPrivate } from './self-description.js';
import { type ClusterMetrics, createClusterMetrics } from './status/cluster-metrics.js';
import type { Room } from './status/room.js';
import type { SupervisorEffect } from './supervisor/supervisor-types.js';
import { createWebhooks, type Webhooks } from './webhooks/webhooks.js';

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
    multicast: options.multicast,
  };
}

/** The silence of a machine is noticed by nothing else, so leases are renewed more often. */
const SHARED_LEASE_MS = 500;
/** A Swarm may have to elect a leader first, which takes up to 20 s. */
const SHARED_WAIT_MS = 30_000;

const waitMsOf = ({ shared }: Platform): number | undefined =>
  shared === undefined ? undefined : SHARED_WAIT_MS;

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
  const directory = createDirectory({
    ...{ url: options.directory, board, store, finder, fleet, clusterKey, log },
    ...factsFrom({ url, version, config, fleet }),
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
    room: roomFrom({ options, url, config, fleet, store, finder, clusterKey }),
  };
}
