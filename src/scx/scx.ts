/**
 * One SCX (ScatterCast proXy), as it runs in a process of its own: the session's overlay on one
 * side, sources and listeners on the other. This file opens the parts and connects them:
 *
 *   streaming.ts      overlay, sources and playout
 *   session-port.ts   the HTTP port: stream, encoders, pages
 *   lease.ts          the lease with the front end; lease-terms.ts: what its answers change
 *   lifetime.ts       when an SCX without clients ends; shutdown.ts: in which order
 *   hand-over/        going on in another process
 */

import type { Logger } from 'pino';
import type { Launch } from '../api/scx-launch.js';
import type { ScxStatus } from '../api/scx-status.js';
import { openAccessLog } from '../http/server/access-log.js';
import { openTls } from '../http/server/tls.js';
import {
  completed,
  NO_DESCRIPTION,
  type StreamDescription,
} from '../icecast/stream-description.js';
import { joinHostPort } from '../lib/host-port.js';
import { EXIT, UserError } from '../lib/user-error.js';
import { createAttendedClock } from '../runtime/attended-clock.js';
import { createLatch } from '../runtime/latch.js';
import { createPasswordKeys } from '../runtime/password-keys.js';
import { openFilesMax, RAISE, watchOpenFiles } from '../runtime/system/open-files.js';
import { dropAbsent } from '../session/drop-absent.js';
import { type PlacedSession, parseSessionId, refPath } from '../session/session-id.js';
import { sessionPath } from '../session/session-name.js';
import { createFreshAccess } from './fresh-access.js';
import {
  type ClusterCertificate,
  createClusterCertificate,
} from './front-end/cluster-certificate.js';
import { handOver as handOverTo } from './hand-over/hand-over.js';
import { createHandOverState, type HandOverState } from './hand-over/hand-over-state.js';
import { createRetirement, type Retirement } from './hand-over/retirement.js';
import type { Predecessor } from './hand-over/take-over.js';
import type { GivenEncoders } from './ingest/given-encoders.js';
import { createSessionTerms } from './lease-terms.js';
import { startLeases } from './leases.js';
import { createLifetime } from './lifetime.js';
import { mountOf } from './listeners/admission.js';
import { createListenerHook } from './listeners/listener-hook.js';
import { createListenerIdentities } from './listeners/listener-identities.js';
import { createPlayout } from './listeners/playout.js';
import { createTicketGate } from './listeners/ticket-gate.js';
import { openMulticast } from './multicast/multicast.js';
import { shareOpenFiles } from './open-file-shares.js';
import type { BoundSocket, ScxPort } from './port/scx-port.js';
import { openReceivers } from './receivers/open-receivers.js';
import { createSessionRecording } from './recording/session-recording.js';
import { openSessionPort, streamPath } from './session-port.js';
import { createShutdown, type Shutdown } from './shutdown.js';
import { createFallbackProcess } from './sources/fallback-process.js';
import { createSessionChannels } from './sources/session-channels.js';
import { createSourceLogin } from './sources/source-login.js';
import { drawOwnStatus } from './status/own-status.js';
import { openStreaming } from './streaming.js';

/** A running SCX. */
export interface Scx {
  status(): ScxStatus;
  /** Leaves the session and ends, within 2.5 s; the same promise as `stopped`. */
  stop(): Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  readonly stopped: Promise<void>;
}

export interface ScxOptions {
  readonly launch: Launch;
  readonly log: Logger;
  /** Our main file, for processes of our own. */
  readonly entry: string;
  /** The bound socket of the HTTP port, which outlives this process. Default: it opens the port. */
  readonly socket?: BoundSocket | undefined;
  /** Another SCX process, which hands over to this one. */
  readonly predecessor?: Predecessor | undefined;
  /** Encoders that come from the front end, besides those that come to the port. */
  readonly givenEncoders?: GivenEncoders | undefined;
  /** The files and sockets that this process may have open. Default: what the system says. */
  readonly filesMax?: number;
  /** A monotonic clock, ms. Default: that of the process. */
  readonly now?: () => number;
  /** The same while this process can listen, ms. Default: runtime/attended-clock.ts. */
  readonly attended?: () => number;
  /** Interval between maintenance passes over sources and lifetime, ms. Default 250: guess. */
  readonly maintenanceMs?: number;
}

/** Without a front end, a rendezvous point without clients ends after this time, ms. Guess. */
const ORPHAN_MS = 600_000;
const MAINTENANCE_MS = 250;
/** A player that is back within this time is the same listener, ms. Guess. */
const RETURN_MS = 10_000;
/** Time to flush the listeners' sockets at the end, ms. */
const FLUSH_MS_MAX = 300;

/** The session, as the cluster names it: by its name alone if it is published there. */
function nameOf(launch: Launch): PlacedSession {
  const name = parseSessionId(launch.session);
  if (name.ok) {
    const path = launch.announcement === undefined ? sessionPath(name.value) : refPath(name.value);
    return { ...name.value, path };
  }
  throw new UserError(EXIT.usage, name.problems.join('; '));
}

/** What the process may open, and the launch parameters with as many listeners as fit into it. */
function withinOpenFiles({ launch, log, filesMax = openFilesMax() }: ScxOptions) {
  const shares = shareOpenFiles(filesMax);
  const listenersMax = Math.min(launch.listenersMax, shares.listenersMax);
  if (listenersMax < launch.listenersMax) {
    const told = { filesMax, listenersMax, wanted: launch.listenersMax };
    log.warn(
      told,
      `This process may not open enough files and sockets for its listeners: ${RAISE}`,
    );
  }
  return { launch: { ...launch, listenersMax }, shares };
}

/** The operator's hook. */
const hookOf = (launch: Launch, name: PlacedSession, log: Logger) =>
  createListenerHook({ settings: launch.listenerHook, launch, mount: mountOf(name), log });

/** From the files of this machine, or from the front ends of a cluster of several machines. */
async function openCertificate(launch: Launch, log: Logger): Promise<Partial<ClusterCertificate>> {
  const { certificate: files, leaseUrls, leaseToken: token, sealedCertificate: sealed } = launch;
  if (leaseUrls !== undefined) return createClusterCertificate({ token, sealed, log });
  return files === undefined ? {} : { tls: await openTls(files, log) };
}

/** Opens the parts that do not know of each other, and the streaming part. */
async function openParts(options: ScxOptions) {
  const { log, entry, socket, predecessor } = options;
  const { launch, shares } = withinOpenFiles(options);
  const { now = () => performance.now(), maintenanceMs = MAINTENANCE_MS } = options;
  const { attended = createAttendedClock(now) } = options;
  const name = nameOf(launch);
  const { perAddressMax } = launch;
  const { tls, onOffered } = await openCertificate(launch, log);
  const identities = createListenerIdentities({ perAddressMax, returnMs: RETURN_MS });
  const accessLog = openAccessLog(launch.accessLog, log);
  const hook = hookOf(launch, name, log);
  const tickets = createTicketGate(name, launch.access.privacy);
  const channels = createSessionChannels(launch.channels.map(dropAbsent));
  const { feed, receivers, listenTo } = openReceivers({
    ...{ launch, channels, name, tickets, identities, hook, log, now, attended },
  });
  const playout = createPlayout(
    {
      ...{ ...launch, identities, attended, log },
      receiving: () => receivers.count,
      onPlayed: feed.onPlayed,
    },
    now,
    predecessor !== undefined,
  );
  const recording = createSessionRecording({ ...{ launch, name, log }, ...playout });
  const keys = createPasswordKeys();
  const fresh = createFreshAccess(now);
  const login = createSourceLogin({ session: name, access: launch.access, keys, fresh, now });
  const news = { isDue: false };
  const streaming = await openStreaming({
    ...{ launch, channels, name, playout, feed, receivers, login, log, now, attended },
    limits: shares.overlay,
    passTitle: (title) => predecessor?.passTitle(title) ?? false,
    onNews: () => {
      news.isDue = true;
    },
  });
  listenTo({ playout, view: streaming.overlay.view });
  const later = { description: (): StreamDescription => NO_DESCRIPTION, isReplaced: () => false };
  const multicast = openMulticast({
    ...{ launch, name, feed, receivers, log, now },
    description: () => completed(later.description(), playout.onAir.description),
    isResumed: predecessor !== undefined || launch.segment !== undefined,
    isReplaced: () => later.isReplaced(),
    isOnAir: () => playout.playing() !== undefined,
    isPrivate: () => tickets.isPrivate,
    isHooked: () => hook.isSet,
  });
  const overlayAddress = streaming.overlay.address;
  const fallback = createFallbackProcess({ entry, launch, overlayAddress, log });
  const limits = { lingerMs: launch.lingerMs, orphanMs: ORPHAN_MS };
  const lifetime = createLifetime(limits, launch.rendezvous, attended());
  const startedAt = new Date().toISOString();
  return {
    onOffered,
    ...{ launch, log, socket, predecessor, name, tls, identities, accessLog, hook, playout, login },
    ...{ tickets, fresh, multicast, receivers, recording, recorder: recording.recorder },
    ...{ streaming, fallback, lifetime, startedAt, news, now, attended, maintenanceMs },
    channels,
    spareConnections: shares.spare,
    /** What the multicast asks parts that are opened later. */
    later,
  };
}

type Parts = Awaited<ReturnType<typeof openParts>>;

/** What the hand-over needs of parts that are opened later. */
interface HandOverParts {
  readonly http: () => ScxPort;
  readonly toldToLeave: Promise<unknown>;
  onChange(): void;
}

/** Opens the hand-over of an SCX; its port and its lease are opened later. */
function openHandOver(
  { launch, log, playout, streaming, now }: Parts,
  shutdown: Shutdown,
  { http, toldToLeave, onChange }: HandOverParts,
): HandOverState {
  return createHandOverState({
    ...{ orderFile: launch.successorFile, log, now, onChange },
    handOver: (order, becomeSucceeded) =>
      handOverTo({
        ...{ order, playout, http: http(), log, now, becomeSucceeded, toldToLeave },
        overlayAddress: streaming.overlay.address,
        isLeaving: () => shutdown.hasBegun,
        sendSourcesAway: streaming.sendSourcesAway,
        onTitle: streaming.ingest.setTitle,
        leave: () => shutdown.start('a successor has taken over'),
      }),
  });
}

/** Starts the timer for regular maintenance; it runs until it is cleared. */
function startMaintenance(
  parts: Parts,
  { shutdown, retirement }: { readonly shutdown: Shutdown; readonly retirement: Retirement },
  http: ScxPort,
  renewLease: () => void,
) {
  const { streaming, multicast, news, predecessor, lifetime, hook, now, attended } = parts;
  return setInterval(() => {
    streaming.tick(now());
    hook.onSources(streaming.hasSources);
    if (news.isDue) renewLease();
    news.isDue = false;
    const { clients: players } = multicast;
    const elsewhere = http.movedListeners + Number(predecessor?.keepsAlive ?? 0) + players;
    const at = attended();
    lifetime.onClients(streaming.clients + elsewhere, at);
    const reason = lifetime.endReason(at) ?? retirement.endReason(streaming.clients + elsewhere);
    if (reason !== undefined) shutdown.start(reason);
  }, parts.maintenanceMs);
}

/**
 * Starts an SCX; when the promise resolves it has joined, and its front end is about to be told.
 * Rejects with a UserError when a port is taken or the session's name is malformed.
 */
export async function startScx(options: ScxOptions): Promise<Scx> {
  const parts = await openParts(options);
  const { launch, log, name, playout, streaming } = parts;
  const { overlay } = streaming;

  const shutdown = createShutdown(log, () => ({
    leave: () => {
      parts.fallback.stop();
      return streaming.leave();
    },
    tellFrontEnd: lease.renewNow,
    endStreams: () => {
      clearInterval(maintaining);
      playout.end();
    },
    close: async () => {
      void parts.multicast.close();
      void parts.recording.stop(); // a disk that hangs is not waited for
      await Promise.all([http.close(FLUSH_MS_MAX), overlay.close()]);
      await parts.hook.close();
    },
    finish: () => {
      unwatch();
      lease.stop();
    },
  }));
  const isLeaving = (): boolean => shutdown.hasBegun;

  const told = createLatch();
  const handOver = openHandOver(parts, shutdown, {
    http: () => http,
    toldToLeave: told.promise,
    onChange: () => {
      // The successor writes what is recorded from now on.
      if (handOver.isSucceeded) void parts.recording.stop();
      lease.renewNow();
    },
  });
  const retirement = createRetirement({
    ...{ log, now: parts.now, sendSourcesAway: streaming.sendSourcesAway },
    onChange: () => lease.renewNow(),
  });
  const terms = createSessionTerms({
    ...{ ...parts, handOver, retirement, isLeaving },
    onRenditions: playout.renditions.set,
    onChannels: (announced) => {
      parts.channels.update(announced);
      streaming.carryAdded();
    },
    onAccess: (access) => {
      streaming.setAccess(access);
      parts.tickets.set(access.privacy);
      parts.recording.setPrivate(access.privacy !== undefined);
    },
  });

  const httpUrl = (): string =>
    `http://${joinHostPort(launch.advertiseHost, http.port)}${streamPath(name)}`;
  const status = (): ScxStatus =>
    drawOwnStatus({
      ...{ ...parts, sources: streaming.sources, titles: streaming.titles },
      ingest: streaming.ingest,
      ...{ handOver, retirement, httpUrl },
      view: () => overlay.view(),
      isPinned: () => terms.isPinned,
    });

  const description = () => terms.description;
  parts.later.description = description;
  parts.later.isReplaced = () => handOver.isSucceeded || retirement.isRetired;
  const isRetired = (): boolean => retirement.isRetired;
  const port = { ...parts, status, description, isLeaving, isRetired };
  const http = await openSessionPort(port).catch(async (error: unknown) => {
    await overlay.close();
    throw error;
  });
  const { leaseUrl, leaseUrls, leaseToken, leaseIntervalMs } = launch;
  const lease = startLeases({
    ...{ urls: leaseUrls ?? [leaseUrl], isElsewhere: leaseUrls !== undefined, now: parts.now },
    ...{ token: leaseToken, intervalMs: leaseIntervalMs },
    ...{ log, status, onCertificates: parts.onOffered },
    onRenewed: (renewed) => {
      terms.onRenewed(renewed);
      streaming.followFrontEnds(renewed.frontEnds ?? []);
    },
    onGone: () => shutdown.start('its front end does not want it any more'),
  });
  parts.fresh.askBy(lease);
  options.givenEncoders?.onGiven(http.takeEncoder);
  playout.start();
  const unwatch = watchOpenFiles({ log });
  const maintaining = startMaintenance(parts, { shutdown, retirement }, http, lease.renewNow);
  log.info({ httpUrl: httpUrl(), overlayAddress: overlay.address }, 'SCX is up.');
  return {
    status,
    stopped: shutdown.done,
    stop: () => {
      shutdown.start('it was told to');
      told.resolve();
      return shutdown.done;
    },
  };
}
