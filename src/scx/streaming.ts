/**
 * The streaming part of an SCX: overlay, sources and playout, connected. What is around it (HTTP
 * port, lease, lifetime) is in scx.ts.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Launch } from '../api/scx-launch.js';
import type { ScxStatus } from '../api/scx-status.js';
import { FAST, type GossamerConfig, PAPER } from '../gossamer/core/config.js';
import type { GossamerEvent } from '../gossamer/core/effects.js';
import type { Address, NodeId, SourceId } from '../gossamer/core/node.js';
import type { FormerEdge } from '../gossamer/mesh/mesh.js';
import type { SourceView } from '../gossamer/view.js';
import type { SourcePassword } from '../http/server/source-password.js';
import { createRng } from '../lib/rng.js';
import { createOverlay, type Overlay } from '../overlay/overlay.js';
import type { ClientConnection } from '../overlay/sockets/client-connection.js';
import type { Refusal } from '../overlay/sockets/admission.js';
import { isSameSecret } from '../runtime/secrets.js';
import type { SessionName } from '../session/session-name.js';
import type { ClientHello } from '../wire/hello.js';
import type { EncoderTitle } from './ingest/encoder-title.js';
import { createIngest, type Ingest } from './ingest/ingest.js';
import type { Playout } from './listeners/playout.js';
import { type AttachedSources, createAttachedSources } from './sources/attached-sources.js';
import { createRecentlyHeard } from './sources/recently-heard.js';
import type { Metric } from './status/prometheus.js';
import { drawScxMetrics } from './status/scx-metrics.js';

export interface StreamingOptions {
  readonly launch: Launch;
  /** The session that it names. */
  readonly name: SessionName;
  readonly playout: Playout;
  readonly password: SourcePassword;
  /** What our own fallback gives for a password. */
  readonly fallbackSecret: string;
  readonly log: Logger;
  now(): number;
  /** A title for an encoder that our predecessor has; false if there is none. */
  passTitle(told: EncoderTitle): boolean;
  /** Something happened that the front end is to know of. */
  onNews(): void;
}

/** The overlay, and what is attached to it. */
export interface Streaming {
  readonly overlay: Overlay;
  readonly sources: AttachedSources;
  readonly ingest: Ingest;
  /** Listeners, those who wait, and sources; our own fallback is none. */
  readonly clients: number;
  /** Looks after what grows old, and tells the overlay how many listen. */
  tick(now: number): void;
  metrics(): Metric[];
  /**
   * Tells the sources to attach elsewhere; resolves when they have, or had their time. Our own
   * fallback plays until there is another source. Encoders, who would have to be cut off, may stay
   * until they go by themselves, but no longer than `withinMs`.
   */
  sendSourcesAway(withinMs: number): Promise<void>;
  /** Floods the departure, tells the sources, and resolves when the children have moved on. */
  leave(): Promise<void>;
  /** Closes all source clients; who may still broadcast comes back. */
  closeSources(reason: string): void;
}

/** For those who speak the overlay's protocol, which are our own. */
const ADVICE = ': give it with --password, or as SCATTERCAST_PASSWORD';

/** Time for the flood to go out where no child has to move, ms. Guess. */
const FLOOD_MS = 200;
/** AttachedSources that were sent away are looked for so often, and so long, ms. Guess: as sources' grace. */
const AWAY_LOOK_MS = 50;
const AWAY_MS_MAX = 6000;

const NEWS: readonly GossamerEvent['kind'][] = ['edgeUp', 'edgeDown', 'sourceUp', 'sourceDown'];
const ALARMS: readonly GossamerEvent['kind'][] = ['missed', 'partitionSuspected'];

function configOf(launch: Launch): GossamerConfig {
  const profile = launch.profile === 'fast' ? FAST : PAPER;
  const idOf = ({ id }: Launch['channels'][number]): number => id;
  return {
    ...profile,
    channels: launch.channels.map(idOf),
    lossyChannels: launch.channels.filter(({ unicast }) => unicast === 'udp').map(idOf),
  };
}

function logEvent(log: Logger, event: GossamerEvent): void {
  const { kind } = event;
  const level = ALARMS.includes(kind) ? 'warn' : NEWS.includes(kind) ? 'info' : 'debug';
  log[level]({ event }, 'The overlay tells.');
}

/** What was not told of them they tell themselves. */
const formerEdge = ({ id, address, rttMs }: ScxStatus['neighbours'][number]): FormerEdge => ({
  member: { id: id as NodeId, address: address as Address, incarnation: 0, rendezvous: false },
  rttMs,
});

const hasChildren = (source: SourceView): boolean =>
  source.flows.some((flow) => flow.children.length > 0);

/** Opens the overlay port and joins. Rejects with a UserError when the port is taken. */
export async function openStreaming(options: StreamingOptions): Promise<Streaming> {
  const { launch, playout, password, log } = options;
  const config = configOf(launch);
  const heard = createRecentlyHeard();
  let isLeaving = false;
  let audienceTold = 0;
  let fallbackSource: SourceId | undefined;

  const onEvent = (event: GossamerEvent): void => {
    logEvent(log, event);
    playout.onEvent(event);
    if (NEWS.includes(event.kind)) options.onNews();
  };

  const objectionTo = (client: ClientHello, remoteAddress: string): Refusal | undefined => {
    if (isSameSecret(client.password ?? '', options.fallbackSecret)) {
      fallbackSource = client.source.id;
      return undefined;
    }
    const verdict = password.verifySource(client.password, remoteAddress);
    if (verdict.kind === 'ok') return undefined;
    const { reason, delayMs } = verdict;
    log.warn({ source: client.source, remoteAddress, reason }, 'A source client is refused.');
    const advice = verdict.kind === 'missing' ? ADVICE : '';
    return { reason: `${reason}${advice}`, delayMs, isFinal: true };
  };

  const onClient = (connection: ClientConnection): void => {
    if (isLeaving) connection.close('this SCX is leaving');
    else sources.handleClient(connection);
  };

  const overlay = await createOverlay({
    session: launch.session,
    id: launch.id as NodeId,
    incarnation: Date.now(),
    rendezvous: launch.rendezvous,
    listenHost: launch.listenHost,
    listenPort: launch.overlayPort,
    advertiseHost: launch.advertiseHost,
    config,
    locations: launch.locations,
    formerEdges: launch.formerNeighbours?.map(formerEdge) ?? [],
    rng: createRng(randomBytes(4).readInt32LE()),
    allowPrivate: launch.allowPrivate,
    log,
    onDeliver: (adu) => {
      heard.onAdu(adu, options.now());
      playout.handleAdu(adu);
    },
    onEvent,
    objectionTo,
    onClient,
  });

  const audience = (id: SourceId) => {
    const found = overlay.view().sources.find(({ source }) => source.id === id);
    return { listeners: found?.audience ?? 0, scxListeners: playout.listeners.count };
  };

  const sources = createAttachedSources({
    self: launch.id as NodeId,
    channels: config.channels,
    feed: (input) => overlay.feed(input),
    audience,
    now: options.now,
    log,
  });

  const isRivalled = (priority: number, own: SourceId | undefined): boolean =>
    overlay.view().sources.some(({ source }) => {
      const isOther = source.priority === priority && source.id !== own;
      return isOther && heard.isHeard(source.id, options.now());
    });

  /** The sources that are encoders. Bounded: who has left is forgotten when another comes. */
  const encoders = new Set<SourceId>();
  const onEncoder = (connection: ClientConnection): void => {
    for (const id of encoders) if (!sources.has(id)) encoders.delete(id);
    encoders.add(connection.source.id);
    onClient(connection);
  };

  const ingest = createIngest({
    ...{ name: options.name, password, leaseToken: launch.leaseToken, log, now: options.now },
    attach: onEncoder,
    isRivalled,
    isLeaving: () => isLeaving,
    passTitle: options.passTitle,
  });

  const tellAudience = (): void => {
    const { count } = playout.listeners;
    if (count !== audienceTold) overlay.feed({ kind: 'audience', listeners: count });
    audienceTold = count;
  };

  const mayStay = (id: SourceId): boolean => id === fallbackSource || encoders.has(id);

  /** Whether all have gone who can, and the fallback is not alone. */
  const areAway = (): boolean => {
    const all = overlay.view().sources;
    const own = all.filter(({ scx }) => scx === launch.id).map(({ source }) => source.id);
    const others = all.length - own.filter((id) => id === fallbackSource).length;
    return own.every(mayStay) && (others > 0 || own.length === 0);
  };

  const waitFor = async (isDone: () => boolean, withinMs: number): Promise<void> => {
    const until = options.now() + withinMs;
    while (!isDone() && options.now() < until) await pause(AWAY_LOOK_MS);
  };

  overlay.feed({ kind: 'join' });
  return {
    overlay,
    sources,
    ingest,
    get clients() {
      const { count, waiting } = playout.listeners;
      const ownSources = sources.has(fallbackSource) ? 1 : 0;
      return count + waiting + sources.count - ownSources;
    },
    tick: (now) => {
      ingest.tick(now);
      sources.tick(now);
      heard.tick(now);
      tellAudience();
    },
    metrics: () =>
      drawScxMetrics({
        view: overlay.view(),
        overlay: overlay.counters,
        ...playout,
        sources,
        password,
      }),
    sendSourcesAway: async (withinMs) => {
      isLeaving = true;
      sources.tellLeaving((id) => !mayStay(id));
      await waitFor(areAway, AWAY_MS_MAX);
      await waitFor(() => ![...encoders].some((id) => sources.has(id)), withinMs);
    },
    leave: () => {
      const isParent = overlay.view().sources.some(hasChildren);
      isLeaving = true;
      sources.tellLeaving();
      ingest.closeAll(503, 'this SCX is leaving');
      const left = overlay.leave();
      return isParent ? left : Promise.race([left, pause(FLOOD_MS, undefined, { ref: false })]);
    },
    closeSources: (reason) => {
      ingest.closeAll(403, reason); // first, or encoders would be told to come back
      sources.closeAll(reason);
    },
  };
}
