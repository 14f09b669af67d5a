/**
 * Starts a cluster on this machine: front end, supervisor, platform. The order matters. First comes
 * what can fail and the operator can fix: the data directory, its lock, the port. Then, in one step
 * before the first request, the SCXs that outlived an earlier front end and the sessions that are
 * published here.
 *
 * A cluster ends in one of two ways: `close` ends its SCXs as well, `leave` only the front end.
 */
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { trustIn } from '../http/server/client-address.js';
import { watchOpenFiles } from '../runtime/system/open-files.js';
import type { SessionRef } from '../session/session-id.js';
import type { ClusterOptions } from './cluster-options.js';
import { takeDataDir } from './data/data-directory.js';
import { watchDisk } from './data/disk-watch.js';
import { keepPublished } from './fleet/keep-published.js';
import { replaceOutdated } from './fleet/replace-outdated.js';
import { createFrontEnd } from './front-end.js';
import { createEncoderPassthrough, type EncoderPassthrough } from './ingest/encoder-passthrough.js';
import { openShoutcastPort } from './ingest/shoutcast.js';
import { openPlatform } from './open-platform.js';
import type { Platform } from './platform/platform.js';

import { isForScxs } from './ports/port-pairs.js';
import { prepare } from './prepare.js';
import { createServices, type Services } from './services.js';
import { createBoundedServer, listen } from './web/front-end-port.js';
import { sortConnections } from './web/sort-connections.js';
import { watchConnections } from './web/watch-connections.js';

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

/** Interval between looks for an SCX of another version on a platform of several machines, ms. */
const RENEW_MS = 3000;

const CLOSE_MS = 2900; // Ctrl-C ends everything within 3 s

/** A front end that listens. */
interface Listening {
  readonly services: Services;
  readonly server: Server;
  readonly passthrough: EncoderPassthrough;
  readonly port: number;
  /** Cuts off what only the port needs. */
  closePort(): void;
}

function keepAll({ store, fleet }: Services): void {
  for (const { announcement } of store.all()) keepPublished(fleet, announcement);
}

/**
 * Sessions whose SCX outlived a front end that could not keep their announcements: these are fetched
 * again, from where the SCX says that they were fetched. Not awaited, a failure changes nothing.
 */
function relearn({ found, finder }: Services): void {
  for (const { session, facts } of found) {
    if (facts.announcement === undefined || finder.recall(session) !== undefined) continue;
    void finder.find(facts.announcement, undefined);
  }
}

/** Opens the port for requests and for encoders. */
function attachTo(
  server: Server,
  services: Services,
  { giveEncoder, carryEncoder, shared }: Platform,
) {
  const { sessions, scxHostOf, trustedProxies, options, fleet } = services;
  const isGivenUp = (ref: SessionRef, scx: string): boolean => {
    const id = sessions.idOf(ref);
    return shared !== undefined && !fleet.statuses(id).some((one) => one.id === scx);
  };
  const passthrough = createEncoderPassthrough({
    ...{ sessions, scxHostOf, trustedProxies, encodersMax: services.shares.encodersMax },
    ...{
      log: options.log,
      isGivenUp,
      giveEncoder,
      carryEncoder,
      onEncoder: services.metrics.countEncoder,
    },
  });
  const cutUnsorted = sortConnections(server, services.tls, passthrough.enter);
  const { busyAbove } = services.shares;
  const isBusy = watchConnections(server, busyAbove, trustIn(trustedProxies), options.log);
  server.on('request', createFrontEnd(services, isBusy));
  return { passthrough, cutUnsorted };
}

const addressOf = ({ listenHost: host, port, listeningFd: fd }: ClusterOptions) => ({
  ...{ host, port, fd },
});

async function listenWith(options: ClusterOptions, platform: Platform): Promise<Listening> {
  const prepared = await prepare(options, platform);
  const server = createBoundedServer(prepared.shares.connectionsMax);
  const opened = await listen(server, addressOf(options), (port) => {
    const services = createServices(options, platform, prepared, port);
    const attached = attachTo(server, services, platform);
    keepAll(services);
    relearn(services);
    return { port, services, ...attached };
  });
  const closePort = (): void => {
    prepared.tls?.close();
    opened.passthrough.close();
    opened.cutUnsorted();
  };
  return { ...opened, server, closePort };
}

/**
 * Opens the port for SHOUTcast's encoders: the one after the front end's, unless SCXs may have that
 * one.
 */
async function openShoutcast({ services, passthrough, port }: Listening) {
  const { sessions, options } = services;
  const { log, listenHost: host, scxPorts } = options;
  if (isForScxs(port + 1, scxPorts)) return undefined;
  return openShoutcastPort({ sessions, passthrough, log, host, port: port + 1 });
}

/** Requests that wait for an SCX are cut off: the next front end is there in a moment. */
function leaveAll({ server, services }: Listening, platform: Platform): void {
  server.close();
  services.webhooks.close();
  services.replicator?.close();
  services.directory.close();
  services.locating.close();
  services.proxy.close();
  services.overlayFeeds.close();
  platform.close();
  server.closeAllConnections();
}

/** On several machines other front ends go on, and so do the SCXs. */
async function closeAll(listening: Listening, platform: Platform): Promise<void> {
  if (platform.shared !== undefined) return leaveAll(listening, platform);
  const { fleet, webhooks, directory } = listening.services;
  await directory.withdraw();
  listening.server.close();
  webhooks.close();
  await Promise.race([fleet.stopAll(), delay(CLOSE_MS, undefined, { ref: false })]);
  leaveAll(listening, platform);
}

async function open(
  options: ClusterOptions,
  platform: Platform,
  unlock: () => Promise<void>,
): Promise<Cluster> {
  const listening = await listenWith(options, platform);
  const { services, port } = listening;
  const { url, metrics, fleet, version, found, dashboard } = services;
  const { dataDir, log, drainMs } = options;
  if (found.length > 0) void replaceOutdated({ fleet, log, version, found, drainMs });
  const renewing = setInterval(() => {
    if (services.replicator?.leads()) void services.shared?.renew();
  }, RENEW_MS).unref();
  const onChange = (isWritable: boolean): void => {
    metrics.noteDisk(isWritable);
    dashboard.onDisk(isWritable);
  };
  const unwatchDisk = watchDisk({ dataDir, log, onChange });
  const unwatchFiles = watchOpenFiles({ log });
  const shoutcast = await openShoutcast(listening);
  let ending: Promise<void> | undefined;
  const end = (how: (listening: Listening, platform: Platform) => void | Promise<void>) => {
    ending ??= Promise.resolve(how(listening, platform))
      .then(services.learned.close)
      .then(services.titles.close)
      .then(dashboard.close)
      .finally(unlock);
    listening.closePort();
    shoutcast?.close();
    clearInterval(renewing);
    unwatchDisk();
    unwatchFiles();
    return ending;
  };
  return { url, port, close: () => end(closeAll), leave: () => end(leaveAll) };
}

/**
 * Starts a cluster. Rejects with a UserError if the port is taken, the data directory is not
 * usable, or another front end runs on it. `platform` is for tests and for other platforms.
 */
export async function startCluster(options: ClusterOptions, platform?: Platform): Promise<Cluster> {
  const unlock = await takeDataDir(options.dataDir);
  let chosen = platform;
  try {
    chosen ??= await openPlatform(options);
    return await open(options, chosen, unlock);
  } catch (error) {
    chosen?.close();
    await unlock();
    throw error;
  }
}
