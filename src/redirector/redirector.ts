/**
 * The redirector (§2.4): "a redirection framework that manages a special DNS domain ... and resolves client
 * queries for that domain into an address for a scattercast cluster that is closest to the client". It is an
 * authoritative name server for one zone. Names below the zone lead to clusters that answer, have room,
 * and are trusted with listeners (clusters/cluster-map.ts), the nearest first (nearest/).
 *
 * Departure: the paper has "an elaborate network of probes". Here nobody is probed; the clusters tell what
 * their listeners' connections have shown anyway.
 *
 * Several redirectors serve one zone without knowing of each other.
 */
import type { Logger } from 'pino';
import { freshFor } from '../http/server/fresh-for.js';
import { createAttendedClock } from '../runtime/attended-clock.js';
import type { PlaceOf } from '../runtime/system/address-places.js';
import type { PublicKey } from '../session/public-key.js';
import { createClusterClient } from './clusters/ask-cluster.js';
import { type ClusterMap, openClusterMap, type Pace } from './clusters/cluster-map.js';
import { askNetworks } from './nearest/ask-networks.js';
import { chooseClusters } from './nearest/choose-clusters.js';
import { type Distances, firstOf } from './nearest/distances.js';
import { createPlaceDistances } from './nearest/place-distances.js';
import { createSeenDistances } from './nearest/seen-distances.js';
import { type Answering, createAnswering } from './ports/answering.js';
import { createResponseRate } from './ports/response-rate.js';
import { openStatusPort } from './ports/status-port.js';
import { openTcpPort, type TcpLimits } from './ports/tcp-port.js';
import { type OpenPort, openUdpPort } from './ports/udp-port.js';
import { createRedirectorMetrics } from './redirector-metrics.js';
import type { NameServer, ZoneContent } from './zone/place.js';
import { nameSessions } from './zone/session-names.js';
import { createZone } from './zone/zone.js';

export interface RedirectorOptions {
  /** In lower case, without the final dot. */
  readonly zone: string;
  /** Of UDP and TCP; 0: any free port. */
  readonly port: number;
  readonly listenHost: string;
  readonly nameServers: readonly [NameServer, ...NameServer[]];
  /** Clusters that the operator names, `http://host:port`. */
  readonly clusters: readonly string[];
  /** The keys of further clusters that may have listeners, or `any`. */
  readonly trust: 'any' | readonly PublicKey[];
  readonly allowPrivate: boolean;
  /** Of clusters, to which listeners come. */
  readonly clusterPort: number;
  /** How long answers may be kept, s. */
  readonly ttl: number;
  /** Answers over UDP to one network, a second; 0: no limit. */
  readonly rate: number;
  /** A database of addresses, for networks that no cluster has seen; default: there is none. */
  readonly placeOf?: PlaceOf | undefined;
  /** Where metrics are told; undefined: nowhere. */
  readonly status?: { readonly host: string; readonly port: number } | undefined;
  readonly log: Logger;
  readonly tcpLimits?: Partial<TcpLimits>;
  readonly pace?: Pace;
}

export interface Redirector {
  readonly port: number;
  readonly statusPort: number | undefined;
  /** Ends in order: what was asked is answered. */
  close(): Promise<void>;
}

/** What is found out of all clusters for one question holds for the next ones, ms. */
const LIVE_MS = 20;
const NAMES_MS = 500;
/** Malformed datagrams may be many: they are told of once in this time, ms. */
const TELL_MS = 60_000;

const now = (): number => performance.now();

/** What the zone is made of, from the map. */
function contentOf(map: ClusterMap, options: RedirectorOptions, distances: Distances) {
  const live = freshFor(() => map.live(), LIVE_MS, now);
  const choosing = {
    distances,
    isListed: map.isListed,
    unit: Math.random,
  };
  let named = { version: -1, names: nameSessions([], options.zone) };
  const names = freshFor(
    () => {
      const { version } = map;
      if (version !== named.version) {
        named = { version, names: nameSessions(map.sessionIds(), options.zone) };
      }
      return named.names;
    },
    NAMES_MS,
    now,
  );
  const content: ZoneContent = {
    sessionsOf: (name) => names().of(name),
    isAbove: (name) => names().isAbove(name),
    cluster: (label) => {
      const cluster = map.byLabel(label);
      if (cluster === undefined) return undefined;
      const there = live().find(({ key }) => key === cluster.key);
      return { now: there !== undefined && there.free > 0 ? there.target : undefined };
    },
    nearest: (network, sessions) => chooseClusters(live(), network, sessions, choosing),
  };
  const levels = () => ({
    known: map.size,
    live: live().length,
    full: live().filter(({ free }) => free === 0).length,
    sessions: names().size,
  });
  return { content, live, levels };
}

/** The port of TCP may be taken for UDP, if any will do. */
const FREE_PORT_TRIES = 5;

/** UDP and TCP at the same port. */
async function openPorts(
  options: RedirectorOptions,
  answering: Answering,
  tries = FREE_PORT_TRIES,
): Promise<readonly OpenPort[]> {
  const { listenHost: host, tcpLimits = {} } = options;
  const tcp = await openTcpPort({ host, port: options.port, answering, limits: tcpLimits });
  try {
    const rate = createResponseRate(options.rate);
    return [tcp, await openUdpPort({ host, port: tcp.port, answering, rate, now })];
  } catch (error) {
    await tcp.close();
    if (options.port !== 0 || tries <= 1) throw error;
    return openPorts(options, answering, tries - 1);
  }
}

/** Starts a redirector; it answers as soon as it knows a cluster. Rejects with the error of the system. */
export async function startRedirector(options: RedirectorOptions): Promise<Redirector> {
  const { zone: name, nameServers, ttl, clusterPort, placeOf, log, status } = options;
  const metrics = createRedirectorMetrics();
  const client = createClusterClient();
  const map = openClusterMap({
    ...{ seeds: options.clusters, trust: options.trust, client, log, pace: options.pace },
    ...{ allowPrivate: options.allowPrivate, usualPort: clusterPort },
    now: createAttendedClock(now),
  });
  const ending = new AbortController();
  const seen = createSeenDistances(now);
  const asking = askNetworks({
    ...{ client, askable: map.askable, signal: ending.signal, everyMs: options.pace?.networksMs },
    onTold: (cluster, network, rttMs) => seen.onTold(network, cluster, rttMs),
  });
  asking.catch(() => undefined); // Only the end of a pause rejects.
  const distances = firstOf(placeOf === undefined ? [seen] : [seen, createPlaceDistances(placeOf)]);
  const { content, live, levels } = contentOf(map, options, distances);
  const serial = Math.floor(Date.now() / 1000);
  const zone = createZone({ zone: name, nameServers, ttl, port: clusterPort, serial }, content);
  const tellMalformed = freshFor(() => log.warn('Malformed questions are dropped.'), TELL_MS, now);
  const tellLimited = freshFor(() => log.warn('A network gets fewer answers.'), TELL_MS, now);
  const answering = createAnswering({
    zone,
    onAnswered: metrics.countAnswer,
    onMalformed: (transport) => {
      metrics.countMalformed(transport);
      tellMalformed();
    },
    onLimited: (verdict) => {
      metrics.countLimited(verdict);
      tellLimited();
    },
    onSocketError: (error) => log.error({ err: error }, 'a socket failed'),
  });
  const ports: OpenPort[] = [];
  const closeAll = async (): Promise<void> => {
    map.close();
    ending.abort();
    await Promise.all(ports.map((port) => port.close()));
    client.close();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  try {
    ports.push(...(await openPorts(options, answering)));
    const statusPort =
      status &&
      (await openStatusPort({
        ...{ ...status, metricsType: metrics.contentType },
        metrics: () => metrics.print(levels()),
        status: () => ({ zone: name, ...levels(), clusters: live().map(told) }),
        isHealthy: () => live().length > 0,
      }));
    if (statusPort !== undefined) ports.push(statusPort);
    return { port: ports[0]?.port ?? options.port, statusPort: statusPort?.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A cluster, as the operator is told of it. */
const told = ({
  key,
  target,
  free,
  places,
  carries,
  sessions,
  coordinates,
}: ReturnType<ClusterMap['live']>[number]) => {
  const { label, addresses4, addresses6, port } = target;
  return {
    ...{ key, name: label, addresses: [...addresses4, ...addresses6], port, free, places, carries },
    ...{ sessions: sessions.size, place: coordinates ?? null },
  };
};
