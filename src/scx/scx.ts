/**
 * One SCX (ScatterCast proXy), as it runs in a process of its own: the session's overlay on one
 * side, sources and listeners on the other. This file connects the parts, and ends them in order:
 * it leaves the overlay first, while listeners still hear, and closes their sockets last.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Order } from '../api/hand-over-order.js';
import type { Launch } from '../api/scx-launch.js';
import type { ScxStatus } from '../api/scx-status.js';
import { openAccessLog } from '../http/server/access-log.js';
import { trustIn } from '../http/server/client-address.js';
import { createSourcePassword } from '../http/server/source-password.js';
import { openTls } from '../http/server/tls.js';
import type { StreamDescription } from '../icecast/stream-description.js';
import { joinHostPort } from '../lib/host-port.js';
import { EXIT, UserError } from '../lib/user-error.js';
import { drawToken } from '../runtime/secrets.js';
import { dropAbsent } from '../session/drop-absent.js';
import { parseSessionName, type SessionName } from '../session/session-name.js';
import { handOver } from './hand-over/hand-over.js';
import { takeOrder } from './hand-over/take-order.js';
import { inherit, type Predecessor } from './hand-over/take-over.js';
import { type SourceAccess, startLease } from './lease.js';
import { createLifetime } from './lifetime.js';
import { createListenerIdentities } from './listeners/listener-identities.js';
import { createPlayout } from './listeners/playout.js';
import { createOperatorPages } from './port/operator-pages.js';
import { openScxPort, type ScxPort } from './port/scx-port.js';
import { icestatsOf, streamFields } from './port/stream-headers.js';
import { createFallbackProcess } from './sources/fallback-process.js';
import { drawStatus } from './status/draw-status.js';
import { createMetrics } from './status/prometheus.js';
import { drawPortMetrics } from './status/scx-metrics.js';
import { openStreaming } from './streaming.js';

/** A running SCX. */
export interface Scx {
  status(): ScxStatus;
  /** Leaves the session and ends, within 2.5 s; the same promise as `stopped`. */
  stop(): Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  readonly stopped: Promise<void>;
}

/** Without a front end, a rendezvous point without clients ends, ms. Guess. */
const ORPHAN_MS = 600_000;
/** AttachedSources, lifetime and identities are looked after so often, ms. Guess. */
const MAINTENANCE_MS = 250;
/** A player that is back so soon is the same listener, ms. Guess. */
const RETURN_MS = 10_000;
/** To leave the overlay, and to flush the listeners' sockets, ms: together below 2.5 s. */
const LEAVE_MS_MAX = 2100;
const FLUSH_MS_MAX = 300;

function nameOf(launch: Launch): SessionName {
  const name = parseSessionName(launch.session);
  if (name.ok) return name.value;
  throw new UserError(EXIT.usage, name.problems.join('; '));
}

const streamPath = (name: SessionName): string => `/${name.session}.mp3`;

/** The stream's URL, as players are told. */
function urlOf(launch: Launch, name: SessionName, http: ScxPort): string {
  return `http://${joinHostPort(launch.advertiseHost, http.port)}${streamPath(name)}`;
}

/**
 * Starts an SCX; it has joined and tells its front end so when the promise resolves. Rejects with
 * a UserError when a port is taken or the session's name is none. `entry`: our main file, for
 * processes of our own. `predecessor`: another SCX hands over to this one.
 */
export async function startScx(
  launch: Launch,
  log: Logger,
  entry: string,
  predecessor?: Predecessor,
): Promise<Scx> {
  const name = nameOf(launch);
  const now = (): number => performance.now();
  const startedAt = new Date().toISOString();
  const { lingerMs, listenersMax, perAddressMax, certificate } = launch;
  const security = certificate && (await openTls(certificate, log));
  const identities = createListenerIdentities({ perAddressMax, returnMs: RETURN_MS });
  const accessLog = openAccessLog(launch.accessLog, log);
  const lifetime = createLifetime({ lingerMs, orphanMs: ORPHAN_MS }, launch.rendezvous, now());
  const playout = createPlayout(launch, now, predecessor !== undefined);
  const fallbackSecret = drawToken();
  const password = createSourcePassword(launch.sourceKey, now);
  let isRendezvous = launch.rendezvous;
  let description: StreamDescription = { title: launch.title, genre: launch.genre };
  let isNews = false;
  let stopping: Promise<void> | undefined;
  let isHandingOver = false;
  let failedSuccessor: ScxStatus['failedSuccessor'];
  /** The instant by which a successor has taken over for good. */
  let succeededBy: number | undefined;

  const streaming = await openStreaming({
    launch,
    name,
    playout,
    password,
    fallbackSecret,
    log,
    now,
    passTitle: (told) => predecessor?.passTitle(told) ?? false,
    onNews: () => {
      isNews = true;
    },
  });

  const overlayAddress = streaming.overlay.address;
  const fallback = createFallbackProcess({
    entry,
    launch,
    overlayAddress,
    secret: fallbackSecret,
    log,
  });

  const status = (): ScxStatus =>
    drawStatus(streaming.overlay.view(), {
      session: name.text,
      pid: process.pid,
      httpUrl: urlOf(launch, name, http),
      rendezvous: isRendezvous,
      startedAt,
      listeners: playout.listeners.count,
      listenersPeak: playout.listeners.peak,
      listenersTotal: identities.total(now()),
      listenersMax,
      attachedSources: streaming.sources.count,
      playing: playout.playing() ?? null,
      title: playout.onAir.title,
      bitrateKbps: playout.bitrateKbps() ?? null,
      ...dropAbsent({
        version: launch.version,
        leavesWithinMs: succeededBy && Math.max(0, succeededBy - now()),
        failedSuccessor,
      }),
    });

  /** What the announcement does not say, a source may. */
  const presented = (): StreamDescription => ({
    title: description.title ?? streaming.ingest.description.title,
    genre: description.genre ?? streaming.ingest.description.genre,
  });

  const isLeaving = (): boolean => stopping !== undefined;
  const metrics = createMetrics(name.text, () => [
    ...streaming.metrics(),
    ...drawPortMetrics({
      headGate: http.headGate,
      listenersTotal: identities.total(now()),
      linesLost: accessLog.lost,
    }),
  ]);
  const path = streamPath(name);
  const openHttp = async (): Promise<ScxPort> => {
    const { listenHost: host, httpPort: port } = launch;
    const place = predecessor && (await inherit(predecessor, streaming.overlay, playout));
    return openScxPort(httpOptions, place ?? { host, port });
  };
  const httpOptions = {
    streamPath: path,
    listenersMax,
    listeners: playout.listeners,
    ring: playout.ring,
    identities,
    accessLog,
    security,
    pages: createOperatorPages({
      streamPath: path,
      status,
      icestats: () => icestatsOf(status(), presented()),
      metrics,
      isLeaving,
      now,
    }),
    trust: trustIn(launch.trustedProxies),
    streamFields: () => streamFields(presented(), name, playout.bitrateKbps()),
    ingest: streaming.ingest,
    isLeaving,
    now,
  };
  const http = await openHttp().catch(async (error: unknown) => {
    await streaming.overlay.close();
    throw error;
  });
  predecessor?.onOpen(http);

  /** Anybody may announce a session of this name elsewhere: that says nothing about this SCX. */
  const onAccess = (access: SourceAccess | undefined): void => {
    const isOurs =
      access?.announcement === undefined || access.announcement === launch.announcement;
    if (access === undefined || !isOurs || access.sourceKey === password.key) return;
    password.setKey(access.sourceKey);
    streaming.closeSources('the source password has changed');
  };

  const lease = startLease({
    url: launch.leaseUrl,
    token: launch.leaseToken,
    intervalMs: launch.leaseIntervalMs,
    log,
    status,
    onRenewed: (terms) => {
      isRendezvous = terms.pinned;
      description = terms.description ?? description;
      lifetime.onFrontEnd(terms.pinned, now());
      onAccess(terms.access);
      if (terms.fallback !== undefined && succeededBy === undefined && !isLeaving()) {
        fallback.play(terms.fallback ?? undefined);
      }
      predecessor?.onKnown();
      if (terms.handOver) void becomeSucceeded();
    },
    onGone: () => stop('its front end does not want it any more'),
  });

  const leave = async (): Promise<void> => {
    fallback.stop();
    const left = streaming.leave();
    lease.renewNow();
    await Promise.race([left, pause(LEAVE_MS_MAX, undefined, { ref: false })]);
    clearInterval(maintaining);
    playout.end();
    await Promise.all([http.close(FLUSH_MS_MAX), streaming.overlay.close()]);
    lease.stop();
    log.info('The SCX has ended.');
    tellStopped();
  };

  const stop = (reason: string): void => {
    if (stopping !== undefined) return;
    log.info({ reason }, 'The SCX leaves the session.');
    stopping = leave();
  };

  /** Hands over to another process, if the cluster says to which. */
  const becomeSucceeded = async (): Promise<void> => {
    if (isHandingOver) return;
    isHandingOver = true;
    const order = await takeOrder(launch.successorFile, log);
    if (order !== undefined) await handOverTo(order);
    isHandingOver = false;
  };

  const handOverTo = async (order: Order): Promise<void> => {
    const reason = await handOver({
      ...{ order, playout, http, log, now, isLeaving },
      overlayAddress: streaming.overlay.address,
      becomeSucceeded: (withinMs) => {
        succeededBy = now() + withinMs;
        lease.renewNow();
      },
      sendSourcesAway: streaming.sendSourcesAway,
      onTitle: streaming.ingest.setTitle,
      leave: () => stop('a successor has taken over'),
    });
    if (reason === undefined) return;
    failedSuccessor = { id: order.launch.id, reason: reason.slice(0, 300) };
    lease.renewNow();
  };

  const care = (): void => {
    const at = now();
    streaming.tick(at);
    if (isNews) lease.renewNow();
    isNews = false;
    lifetime.onClients(streaming.clients + Number(predecessor?.isHeld ?? 0), at);
    const reason = lifetime.endReason(at);
    if (reason !== undefined) stop(reason);
  };

  let tellStopped: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    tellStopped = resolve;
  });

  playout.start();
  const maintaining = setInterval(care, MAINTENANCE_MS);
  log.info(
    { httpUrl: urlOf(launch, name, http), overlayAddress: streaming.overlay.address },
    'SCX is up.',
  );
  return {
    status,
    stopped,
    stop: () => {
      stop('it was told to');
      return stopped;
    },
  };
}
