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
import { createProofCheck, type ProofCheck } from '../http/cluster-proof.js';
import { joinHostPort, localHost } from '../lib/host-port.js';
import { EXIT, UserError } from '../lib/user-error.js';
import { packageVersion } from '../runtime/package-files.js';
import { createPasswordKeys } from '../runtime/password-keys.js';
import type { SigningKey } from '../runtime/signing-key.js';
import { openFilesMax, RAISE } from '../runtime/system/open-files.js';
import { identityOf } from '../session/session-id.js';
import { createScxClients, type ScxClients } from './admin/scx-clients.js';
import { type AdminLogin, createAdminLogin } from './announcements/admin-login.js';
import { type AnnouncementFinder, createFinder } from './announcements/announcement-finder.js';
import { type AnnouncementStore, openAnnouncements } from './announcements/announcement-store.js';
import { type LearnedAnnouncements, openLearned } from './announcements/learned-announcements.js';
import { createOwnership, type Ownership } from './announcements/ownership.js';
import { type ClusterOptions, SCX_DEFAULTS, TRUSTED_PROXIES } from './cluster-options.js';
import { onDisk } from './data/data-directory.js';
import { loadAdminToken, loadClusterKey, loadSecret } from './data/lease-secret.js';
import { type FallbackFiles, openFallbackFiles } from './fallback/fallback-files.js';
import { createFleet, type Fleet } from './fleet/fleet.js';
import type { LaunchTemplate } from './fleet/launch-document.js';
import { createSessionScxs, type SessionScxs } from './fleet/scx-for-session.js';
import { createEncoderSessions, type EncoderSessions } from './ingest/session-of-mount.js';
import { createStreamProxy, type StreamProxy } from './listen/stream-proxy.js';
import { type FrontEndShares, shareFrontEnd } from './open-file-shares.js';
import type { Found, Platform } from './platform/platform.js';
import { pairCapacity } from './ports/port-pairs.js';
import { type ClusterMetrics, createClusterMetrics } from './status/cluster-metrics.js';
import { clusterStatus } from './status/cluster-status.js';
import { openTitleHistory, type TitleHistory } from './status/title-history.js';
import { type SupervisorConfig, supervisorConfig } from './supervisor/supervisor-config.js';
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
  readonly titles: TitleHistory;
  /** SCXs that outlived an earlier front end. */
  readonly found: readonly Found[];
  readonly pages: readonly Page[];
  readonly version: string;
}

export interface Services extends Prepared {
  readonly options: ClusterOptions;
  /** As others reach us: `http://host:port`. */
  readonly url: string;
  /** Where the front end itself reaches its SCXs: an address of this machine. */
  readonly scxHost: string;
  readonly trustedProxies: readonly string[];
  readonly finder: AnnouncementFinder;
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
  readonly webhooks: Webhooks;
  /** `url`: our own, as the client is to be told it (web/public-url.ts). */
  status(url: string): ClusterStatus;
  /** The same without private sessions. */
  publicStatus(url: string): ClusterStatus;
}

const now = (): number => performance.now();

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
  const config = supervisorConfig(shares.scxsMax, scxPorts, {
    sessionListenersMax: options.maxListenersPerSession,
    foreignMax: options.maxForeignScxs,
    perOriginMax: options.maxForeignScxsPerAddress,
  });
  const state = await onDisk(dataDir, async () => {
    const store = await openAnnouncements(dataDir, log);
    return {
      secret: await loadSecret(dataDir),
      adminToken: await loadAdminToken(dataDir),
      clusterKey: await loadClusterKey(dataDir),
      store,
      learned: await openLearned(dataDir, log),
      fallbacks: await openFallbackFiles(dataDir, store),
      titles: await openTitleHistory(dataDir, log),
      found: await platform.list(),
    };
  });
  return { config, shares, ...state, pages: await loadPages(), version: packageVersion() };
}

/** The launch parameters that all SCXs share. */
function templateOf(
  options: ClusterOptions,
  port: number,
  { secret, version }: Prepared,
): LaunchTemplate {
  const { host, listenHost, allowPrivate, log } = options;
  return {
    ...SCX_DEFAULTS,
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

type StatusParts = Pick<
  Services,
  'version' | 'config' | 'fleet' | 'store' | 'finder' | 'clusterKey'
>;

/** Puts the status together whenever it is asked for. */
function statusFrom({ version, config, fleet, store, finder, clusterKey }: StatusParts) {
  const startedAt = new Date().toISOString();
  return (url: string): ClusterStatus =>
    clusterStatus({
      ...{
        url,
        version,
        startedAt,
        key: clusterKey.publicKey,
        scxsMax: config.scxsMax,
        scxCount: fleet.size,
      },
      scxs: fleet.statuses(),
      spares: fleet.spares,
      running: fleet.sessions(),
      published: store.all().map(({ announcement: { name, key } }) => identityOf(name, key).id),
      recall: finder.recall,
      listenersOf: fleet.listenersOf,
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
  const proofs = createProofCheck(prepared.secret);
  const url = `http://${joinHostPort(options.host, port)}`;
  const scxHost = localHost(options.listenHost);
  const metrics = createClusterMetrics();
  const template = templateOf(options, port, prepared);
  const onEffect = metrics.countEffect;
  const fleet = createFleet({ platform, found, config, template, clusterKey, log, onEffect });
  const { carryFrom } = options;
  const finder = createFinder({ store, learned, url, allowPrivate, carryFrom, now });
  const scxs = createSessionScxs(fleet, clusterKey.publicKey);
  const status = statusFrom({ version, config, fleet, store, finder, clusterKey });
  return {
    ...{ ...prepared, options, url, scxHost, metrics, fleet, finder, scxs },
    trustedProxies: options.trustedProxies ?? TRUSTED_PROXIES,
    sessions: createEncoderSessions({
      ...{ mounts, store, finder, scxs, sessionsHere: fleet.sessions },
      keys: createPasswordKeys(),
    }),
    proxy: createStreamProxy({ scxHost, streamsMax: prepared.shares.proxiedMax }),
    ownership: createOwnership({ url, operatorToken: adminToken, proofs, isOpen, now }),
    proofs,
    login: createAdminLogin(store, adminToken),
    clients: createScxClients({ scxHost, secret: prepared.secret, log }),
    webhooks: createWebhooks({ allowPrivate, log, now, onOutcome: metrics.countWebhook }),
    status,
    publicStatus: (at) => withoutPrivate(status(at)),
  };
}
