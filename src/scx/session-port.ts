/**
 * Opens an SCX's HTTP port with everything that it serves: the stream, the encoders, the pages. A
 * process that has taken over from another listens on the other's socket, so that no connection is
 * refused in between; takeOver resolves when this process plays the same frames.
 */
import type { Logger } from 'pino';
import type { Launch } from '../api/scx-launch.js';
import type { ScxStatus } from '../api/scx-status.js';
import type { AccessLog } from '../http/server/access-log.js';
import { trustIn } from '../http/server/client-address.js';
import type { Tls } from '../http/server/tls.js';
import { completed, type StreamDescription } from '../icecast/stream-description.js';
import type { RenditionKbps } from '../session/renditions.js';
import type { PlacedSession } from '../session/session-id.js';
import type { SessionName } from '../session/session-name.js';
import { type Predecessor, takeOver } from './hand-over/take-over.js';
import type { ListenerHook } from './listeners/listener-hook.js';
import type { ListenerIdentities } from './listeners/listener-identities.js';
import type { Playout } from './listeners/playout.js';
import type { TicketGate } from './listeners/ticket-gate.js';
import type { Multicast } from './multicast/multicast.js';
import { createSourcesAdmin } from './port/client-admin.js';
import { createHlsAnswers } from './port/hls-answers.js';
import { createOperatorPages } from './port/operator-pages.js';
import { createOverlayStream } from './port/overlay-stream.js';
import { type BoundSocket, openScxPort, type ScxPort } from './port/scx-port.js';
import { icestatsOf, streamFields } from './port/stream-headers.js';
import type { Receivers } from './receivers/receivers.js';
import type { Recorder } from './recording/recorder.js';
import type { Metrics } from './status/metric.js';
import { createMetrics } from './status/prometheus.js';
import { drawPortMetrics } from './status/scx-metrics.js';
import type { Streaming } from './streaming.js';

export interface SessionPortOptions {
  readonly launch: Launch;
  readonly name: PlacedSession;
  readonly streaming: Streaming;
  readonly playout: Playout;
  readonly identities: ListenerIdentities;
  readonly accessLog: AccessLog;
  readonly hook: ListenerHook;
  readonly recorder: Pick<Recorder, 'counters' | 'status'> | undefined;
  readonly tickets: TicketGate;
  readonly multicast: Multicast;
  readonly receivers: Receivers;
  readonly tls: Tls | undefined;
  readonly log: Logger;
  /** Connections to the port besides those of listeners. */
  readonly spareConnections: number;
  /** The port's socket, bound by the front end. */
  readonly socket?: BoundSocket | undefined;
  /** Gives the listening socket of the process that was here before. */
  readonly predecessor: Predecessor | undefined;
  status(): ScxStatus;
  /** The announcement's description of the stream. */
  description(): StreamDescription;
  isLeaving(): boolean;
  /** It takes no more listeners. */
  isRetired(): boolean;
  now(): number;
}

/** The path of a session's stream. */
export const streamPath = (name: SessionName): string => `/${name.session}.mp3`;

/** What the announcement does not describe, an encoder may. */
function describe({ description, playout }: SessionPortOptions): StreamDescription {
  return completed(description(), playout.onAir.description);
}

/** Interval at which dropped connections are logged, ms. */
const TELL_MS = 60_000;

/** Counts the connections that were closed unseen, and logs that at intervals. */
function countDropped(log: Logger, now: () => number) {
  let count = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  const add = (): void => {
    count++;
    if (now() - toldAt < TELL_MS) return;
    toldAt = now();
    log.warn({ dropped: count }, 'Too many connections: further ones are closed.');
  };
  return {
    add,
    get count() {
      return count;
    },
  };
}

type Dropped = ReturnType<typeof countDropped>;

function createPortMetrics(
  options: SessionPortOptions,
  port: () => ScxPort,
  dropped: Dropped,
): Metrics {
  const { name, streaming, identities, accessLog, now } = options;
  const read = () => [
    ...streaming.metrics(),
    ...drawPortMetrics({
      headGate: port().headGate,
      encodersTaken: port().encodersTaken,
      listenersTotal: identities.total(now()),
      linesLost: accessLog.lost,
      dropped: dropped.count,
      movedListeners: port().movedListeners,
      recorder: options.recorder,
      hook: options.hook.isSet ? options.hook.counters : undefined,
    }),
  ];
  return createMetrics(name.text, read, options.log);
}

/**
 * Where the port listens: at its own address, at a socket that outlives this process, or at the
 * predecessor's socket.
 */
async function listenTarget(options: SessionPortOptions) {
  const { launch, predecessor, socket, streaming, playout } = options;
  if (predecessor !== undefined) return takeOver(predecessor, streaming.overlay, playout);
  return socket ?? { host: launch.listenHost, port: launch.httpPort };
}

/** Opens the port. Rejects with a UserError when it is taken or the predecessor is gone. */
export async function openSessionPort(options: SessionPortOptions): Promise<ScxPort> {
  const { launch, name, streaming, playout, status, isLeaving, now } = options;
  const dropped = countDropped(options.log, now);
  const pages = createOperatorPages({
    ...{ streamPath: streamPath(name), status, isLeaving, now },
    icestats: () => icestatsOf(name, status(), describe(options)),
    metrics: createPortMetrics(options, () => port, dropped),
  });
  const served = {
    ...{ name, pages, now },
    isLeaving: () => isLeaving() || options.isRetired(),
    tickets: options.tickets,
    multicast: options.multicast,
    receivers: options.receivers,
    hls: createHlsAnswers({
      ...{ name, playout, isLeaving, now, tickets: options.tickets },
      isHooked: () => options.hook.isSet,
    }),
    ...{ identities: options.identities, accessLog: options.accessLog, tls: options.tls },
    ...{ listeners: playout.listeners, ring: playout.ring, ingest: streaming.ingest },
    renditions: playout.renditions,
    ...{ secret: launch.leaseToken, hook: options.hook, rewind: playout.rewind },
    log: options.log,
    sources: createSourcesAdmin({ ...streaming, playout }),
    overlay: createOverlayStream(streaming.overlay.watch),
    listenersMax: launch.listenersMax,
    spareConnections: options.spareConnections,
    onDropped: dropped.add,
    trust: trustIn(launch.trustedProxies),
    streamFields: (rendition?: RenditionKbps) =>
      streamFields(describe(options), name, rendition ?? playout.bitrateKbps()),
  };
  const port = await openScxPort(served, await listenTarget(options));
  options.predecessor?.onPortOpen(port);
  return port;
}
