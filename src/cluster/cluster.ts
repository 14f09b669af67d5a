/**
 * Starts a cluster on this machine: front end, supervisor, platform. The order matters. First
 * whatever can fail and is the user's to fix: the data directory, its lock, the port. Then, in
 * one go before the first request, the SCXs that outlived an earlier front end and the sessions
 * that are published here.
 */

import { mkdir, readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { createRequestRate } from '../http/server/request-rate.js';
import { openTls } from '../http/server/tls.js';
import { joinHostPort, localHost } from '../lib/host-port.js';
import { EXIT, UserError } from '../lib/user-error.js';
import { createFinder } from './announcements/announcement-finder.js';
import { type AnnouncementStore, openAnnouncements } from './announcements/announcement-store.js';
import { createOwnership } from './announcements/ownership.js';
import { type ClusterOptions, SCX_DEFAULTS, TRUSTED_PROXIES } from './cluster-options.js';
import { watchDisk } from './data/disk-watch.js';
import { loadSecret } from './data/lease-secret.js';
import { lockDirectory } from './data/lock-file.js';
import { type FallbackFiles, openFallbackFiles } from './fallback/fallback-files.js';
import { createFleet, type LaunchTemplate } from './fleet/fleet.js';
import { replaceOutdated } from './fleet/replace-outdated.js';
import { createFrontEnd } from './front-end.js';
import { type FrontEndContext, factsOf } from './front-end-context.js';
import { createFrontIngest, type FrontIngest } from './ingest/encoder-passthrough.js';
import { openShoutcastPort } from './ingest/shoutcast.js';
import { createStreamProxy } from './listen/stream-proxy.js';
import type { Found, Platform } from './platform/platform.js';
import { createProcessPlatform } from './platform/process-platform.js';
import { createClusterMetrics } from './status/cluster-metrics.js';
import { clusterStatus } from './status/cluster-status.js';
import { isForScxs, pairCapacity } from './supervisor/port-pairs.js';
import { type SupervisorConfig, supervisorConfig } from './supervisor/supervisor-config.js';
import { createBoundedServer, listen } from './web/front-end-port.js';
import { loadPages, type Page } from './web/pages.js';
import { sortConnections } from './web/sort-connections.js';
import { createWebhooks } from './webhooks/webhooks.js';

/** A cluster that runs. */
export interface Cluster {
  /** As others reach it. */
  readonly url: string;
  readonly port: number;
  /** Ends the cluster and all its SCXs, within 3 s; may be called again. */
  close(): Promise<void>;
  /** Ends the front end; the SCXs go on, and the next front end finds them. */
  leave(): Promise<void>;
}

const CLOSE_MS = 2900; // Ctrl-C ends everything within 3 s
/** Streams through the front end: a quarter of its connections (http-server.ts). Guess. */
const PROXIED_MAX = 1024;
/**
 * Places that are held for listeners of one address, who were sent to an SCX and have not come yet: with
 * this, for 5 s each, some two hundred. More of them are sent there, too, but take what is left. Guess.
 */
const PLACE_TURNS = { atOnce: 100, perSecond: 20 } as const;

/** What is read before the port is opened. */
interface Prepared {
  readonly secret: string;
  readonly store: AnnouncementStore;
  readonly fallbacks: FallbackFiles;
  readonly found: readonly Found[];
  readonly pages: readonly Page[];
  readonly version: string;
}

/** What the disk refuses is the user's to fix; whatever else fails is ours. */
async function onDisk<Value>(dataDir: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (error instanceof UserError || syscall === undefined) throw error;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    const need = isFull ? 'make room on its disk' : 'make it readable and writable';
    const advice = `${need}, or choose another with --data`;
    throw new UserError(EXIT.file, `${dataDir} cannot be used for data (${code}): ${advice}`);
  }
}

async function takeDataDir(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true, mode: 0o750 });
  return lockDirectory(dataDir);
}

async function readVersion(): Promise<string> {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { readonly version: string };
  return version;
}

async function prepare(options: ClusterOptions, platform: Platform): Promise<Prepared> {
  const { dataDir, log } = options;
  const state = await onDisk(dataDir, async () => {
    const store = await openAnnouncements(dataDir, log);
    return {
      secret: await loadSecret(dataDir),
      store,
      fallbacks: await openFallbackFiles(dataDir, store),
      found: await platform.list(),
    };
  });
  return { ...state, pages: await loadPages(), version: await readVersion() };
}

/** The cap on SCXs: as told, or as many as there are ports for. */
function capOf({ maxScxs, scxPorts, log }: ClusterOptions): number {
  const pairs = pairCapacity(scxPorts);
  if (pairs < 1) throw new UserError(EXIT.usage, 'an SCX needs two ports: widen --scx-ports');
  if (pairs < maxScxs) {
    log.warn({ maxScxs, pairs }, 'the SCX ports are enough for fewer SCXs than --max-scxs');
  }
  return Math.min(pairs, maxScxs);
}

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

function createContext(
  options: ClusterOptions,
  platform: Platform,
  prepared: Prepared,
  config: SupervisorConfig,
  port: number,
): FrontEndContext {
  const { log, allowPrivate } = options;
  const { secret, store, fallbacks, found, pages, version } = prepared;
  const url = `http://${joinHostPort(options.host, port)}`;
  const metrics = createClusterMetrics();
  const template = templateOf(options, port, prepared);
  const onEffect = metrics.countEffect;
  const fleet = createFleet({ platform, found, config, template, log, onEffect });
  const now = () => performance.now();
  const finder = createFinder({ store, url, allowPrivate, now });
  const ownership = createOwnership(now);
  const webhooks = createWebhooks({ allowPrivate, log, now, onOutcome: metrics.countWebhook });
  const startedAt = new Date().toISOString();
  const status = () =>
    clusterStatus({
      ...{ url, version, startedAt, scxsMax: config.scxsMax, scxCount: fleet.size },
      scxs: fleet.statuses(),
      published: store.all().map(({ announcement }) => announcement.name.text),
      recall: finder.recall,
      audience: fleet.audience,
    });
  const proxy = createStreamProxy({
    scxHost: localHost(options.listenHost),
    streamsMax: PROXIED_MAX,
  });
  const { trustedProxies = TRUSTED_PROXIES } = options;
  const speaksTls = options.scx?.certificate !== undefined;
  const mounts = options.mounts ?? new Map();
  const parts = { store, fallbacks, finder, fleet, metrics, pages, ownership, webhooks };
  const rules = { mounts, allowPrivate, speaksTls, trustedProxies };
  return {
    url,
    secret,
    ...parts,
    proxy,
    places: createRequestRate(PLACE_TURNS),
    ...rules,
    log,
    status,
  };
}

function keepPublished({ store, fleet }: FrontEndContext): void {
  for (const { announcement } of store.all()) {
    fleet.keep(announcement.name.text, factsOf(announcement));
  }
}

async function closeAll(
  server: Server,
  { fleet, webhooks }: FrontEndContext,
  platform: Platform,
): Promise<void> {
  server.close();
  webhooks.close();
  await Promise.race([fleet.stopAll(), delay(CLOSE_MS, undefined, { ref: false })]);
  platform.close();
  server.closeAllConnections();
}

/** Who waits for an answer gets none: the next front end is there in a moment. */
async function leaveAll(
  server: Server,
  { webhooks }: FrontEndContext,
  platform: Platform,
): Promise<void> {
  server.close();
  webhooks.close();
  platform.close();
  server.closeAllConnections();
}

async function open(options: ClusterOptions, platform: Platform, unlock: () => Promise<void>) {
  const config = supervisorConfig(capOf(options), options.scxPorts, options.maxListenersPerSession);
  const prepared = await prepare(options, platform);
  const server = createBoundedServer();
  const certificate = options.scx?.certificate;
  const security = certificate && (await openTls(certificate, options.log));
  let context: FrontEndContext | undefined;
  let ingest: FrontIngest | undefined;
  let cutUnsorted = (): void => undefined;
  const port = await listen(server, options.listenHost, options.port, (actual) => {
    context = createContext(options, platform, prepared, config, actual);
    server.on('request', createFrontEnd(context));
    const opening = createFrontIngest(context, localHost(options.listenHost));
    cutUnsorted = sortConnections(server, security, opening.enter);
    ingest = opening;
    keepPublished(context);
  });
  if (context === undefined || ingest === undefined) throw new Error('listening without a context');
  const opened = context;
  const fed = ingest;
  const { found, version } = prepared;
  if (found.length > 0) void replaceOutdated(opened, version, found, options.drainMs);
  const { url, metrics } = opened;
  const { dataDir, log } = options;
  const unwatch = watchDisk({ dataDir, log, onChange: metrics.noteDisk });
  const shoutcast = isForScxs(port + 1, options.scxPorts)
    ? undefined
    : await openShoutcastPort(opened, fed, options.listenHost, port + 1);
  let closing: Promise<void> | undefined;
  const end = (how: typeof closeAll): Promise<void> => {
    closing ??= how(server, opened, platform).finally(unlock);
    security?.close();
    shoutcast?.close();
    fed.close();
    cutUnsorted();
    unwatch();
    return closing;
  };
  return { url, port, close: () => end(closeAll), leave: () => end(leaveAll) };
}

/**
 * Starts a cluster. Rejects with a UserError if the port is taken, the data directory is not
 * usable, or another front end runs on it. `platform` is for tests and for engines to come.
 */
export async function startCluster(options: ClusterOptions, platform?: Platform): Promise<Cluster> {
  const { entry, dataDir, inheritLogs = false, log } = options;
  const unlock = await onDisk(dataDir, () => takeDataDir(dataDir));
  const chosen = platform ?? createProcessPlatform({ entry, dataDir, inheritLogs, log });
  try {
    return await open(options, chosen, unlock);
  } catch (error) {
    chosen.close();
    await unlock();
    throw error;
  }
}
