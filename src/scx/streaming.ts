/**
 * The streaming part of an SCX: overlay, sources and playout, connected. scx.ts adds the HTTP port,
 * the lease and the lifetime.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Launch } from '../api/scx-launch.js';
import type { ScxStatus } from '../api/scx-status.js';
import type { SourceAccess } from '../api/source-access.js';
import { FAST, type GossamerConfig, PAPER, withEntriesOnly } from '../gossamer/core/config.js';
import type { GossamerEvent } from '../gossamer/core/effects.js';
import type { Address, NodeId, SourceId } from '../gossamer/core/node.js';
import type { FormerEdge } from '../gossamer/mesh/mesh.js';
import type { SourceView } from '../gossamer/view.js';
import { assert } from '../lib/assert.js';
import { createRng } from '../lib/rng.js';
import { createOverlay, type Overlay, type OverlayOptions } from '../overlay/overlay.js';
import type { OverlayLimits } from '../overlay/sockets/limits.js';
import { nodeIdOf } from '../overlay/tls/node-id.js';
import { type SigningKey, signingKeyFrom } from '../runtime/signing-key.js';
import { ENTRY_CHANNEL, TITLE_CHANNEL } from '../session/channels.js';
import { renditionChannel, renditionOfChannel } from '../session/renditions.js';
import type { SessionIdentity } from '../session/session-id.js';
import { createEntryExchanges, type EntryExchanges } from './front-end/entry-exchanges.js';
import type { Rival } from './ingest/encoder-slots.js';
import type { EncoderTitle } from './ingest/encoder-title.js';
import { createIngest, type Ingest } from './ingest/ingest.js';
import type { Playout } from './listeners/playout.js';
import type { AduFeed } from './receivers/adu-feed.js';
import type { Receivers } from './receivers/receivers.js';
import type { Renditions } from './renditions/renditions.js';
import { type AttachedSources, createAttachedSources } from './sources/attached-sources.js';
import { networkClient } from './sources/network-client.js';
import { createNetworkLogin } from './sources/network-login.js';
import { createRecentlyHeard, type RecentlyHeard } from './sources/recently-heard.js';
import type { SessionChannels } from './sources/session-channels.js';
import type { SourceAudience, SourceClient } from './sources/source-client.js';
import { createSourceDeparture } from './sources/source-departure.js';
import type { SourceLogin } from './sources/source-login.js';
import { createTitleMemory, type TitleMemory } from './sources/title-memory.js';
import type { Metric } from './status/metric.js';
import { drawScxMetrics } from './status/scx-metrics.js';

export interface StreamingOptions {
  readonly launch: Launch;
  readonly channels: SessionChannels;
  /** The session in `launch`. */
  readonly name: SessionIdentity;
  readonly playout: Playout;
  /** What clients that receive are sent, and those clients. */
  readonly feed: AduFeed;
  readonly receivers: Receivers;
  /** Checks who may broadcast. */
  readonly login: SourceLogin;
  /** The overlay's limits in this process. */
  readonly limits: OverlayLimits;
  readonly log: Logger;
  now(): number;
  /** Measures silence: the time in which this process could listen (runtime/attended-clock.ts), ms. */
  attended(): number;
  /** Passes a title to an encoder that our predecessor has; false if it has none. */
  passTitle(title: EncoderTitle): boolean;
  /** Something happened that the front end should learn soon. */
  onNews(): void;
}

/** The overlay, and the sources that are attached to it. */
export interface Streaming {
  readonly overlay: Overlay;
  readonly sources: AttachedSources;
  readonly ingest: Ingest;
  readonly titles: TitleMemory;
  /** The source of our own fallback process; undefined without one. */
  fallbackSource(): SourceId | undefined;
  /** Whether a source is attached here, other than our own fallback. */
  readonly hasSources: boolean;
  /** Listeners, those that wait, and sources, without our own fallback. */
  readonly clients: number;
  /** These are the front ends of the cluster now. */
  followFrontEnds(urls: readonly string[]): void;
  /** Does the maintenance of the sources, and tells the overlay the number of listeners. */
  tick(now: number): void;
  metrics(): Metric[];
  /**
   * Tells the sources to attach elsewhere (source-departure.ts); resolves when they have, or had
   * their time. Encoders may stay until they end by themselves, but no longer than `withinMs`.
   */
  sendSourcesAway(withinMs: number): Promise<void>;
  /** Floods the departure, tells the sources, and resolves when the children have moved on. */
  leave(): Promise<void>;
  /** Carries the channels that the session has got since the start; called again now and then. */
  carryAdded(): void;
  /** Ends the sources that may not broadcast any more. */
  setAccess(access: SourceAccess): void;
}

/** Time for the flood to go out where no child has to move, ms. Guess. */
const FLOOD_MS = 200;

const NEVER = Number.NEGATIVE_INFINITY;

const NEWS: readonly GossamerEvent['kind'][] = ['edgeUp', 'edgeDown', 'sourceUp', 'sourceDown'];
const ALARMS: readonly GossamerEvent['kind'][] = ['missed', 'partitionSuspected'];

/** Whether it is a directory, or has a directory besides its sound. */
const hasEntries = ({ channels }: Launch): boolean =>
  channels.some(({ id }) => id === ENTRY_CHANNEL);

const hasEntriesOnly = ({ channels }: Launch): boolean =>
  channels.every(({ id }) => id === ENTRY_CHANNEL);

function configOf(launch: Launch): GossamerConfig {
  const chosen = launch.profile === 'fast' ? FAST : PAPER;
  const profile = hasEntriesOnly(launch) ? withEntriesOnly(chosen) : chosen;
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
  log[level]({ event }, 'Overlay event.');
}

/** An edge of the SCX that ran here before; only its address and round trip are known. */
const formerEdge = ({ id, address, rttMs }: ScxStatus['neighbours'][number]): FormerEdge => ({
  member: { id: id as NodeId, address: address as Address },
  rttMs,
});

/** The key of this SCX, whose hash is its id. */
function keyOf({ id, keySeed }: Launch): SigningKey {
  const key = signingKeyFrom(keySeed);
  assert(nodeIdOf(key.publicKey) === id, 'the id of an SCX is the hash of its key');
  return key;
}

/** The overlay's settings at its start. */
const overlaySettings = (launch: Launch) => ({
  session: launch.session,
  key: keyOf(launch),
  incarnation: Date.now(),
  rendezvous: launch.rendezvous,
  listenHost: launch.listenHost,
  listenPort: launch.overlayPort,
  advertiseHost: launch.advertiseHost,
  config: configOf(launch),
  locations: launch.locations,
  hasEntries: hasEntries(launch),
  sourceKeys: launch.access.sources,
  clusters: launch.access.privacy?.clusters,
  voucher: launch.voucher,
  formerEdges: launch.formerNeighbours?.map(formerEdge) ?? [],
  rng: createRng(randomBytes(4).readInt32LE()),
  allowPrivate: launch.allowPrivate,
});

/**
 * Segments that the SCX before this one may have made after its last lease, which is renewed every second
 * or two, and one more.
 */
const UNSEEN_SEGMENTS = 2;

const hasChildren = (source: SourceView): boolean =>
  source.flows.some((flow) => flow.children.length > 0);

/** Creates a function that reports the number of listeners to the overlay when it has changed. */
function createListenerReport(overlay: Overlay): (count: number) => void {
  let reported = 0;
  return (count) => {
    if (count !== reported) overlay.feed({ kind: 'audience', listeners: count });
    reported = count;
  };
}

/** Tells the overlay which renditions the session has, and which of them are heard here. */
function feedNeeds(renditions: Renditions, overlay: Overlay): void {
  const tell = (): void =>
    overlay.feed({
      kind: 'optionalChannels',
      offered: renditions.rates.map(renditionChannel),
      wanted: renditions.active.map(renditionChannel),
    });
  renditions.onNeeds(tell);
  tell();
}

/** Opens the attached sources of a session, which get the numbers of listeners from the overlay. */
function openSources(
  { channels, playout, now, attended, log }: StreamingOptions,
  overlay: Overlay,
) {
  const audience = (id: SourceId): SourceAudience => {
    const found = overlay.view().sources.find(({ source }) => source.id === id);
    return { listeners: found?.audience ?? 0, scxListeners: playout.audience.count };
  };
  return createAttachedSources({
    channels,
    renditions: () => playout.renditions.rates,
    wanted: (id) => {
      const flows = overlay.view().sources.find(({ source }) => source.id === id)?.flows ?? [];
      return flows.map(({ channel }) => channel).filter((channel) => renditionOfChannel(channel));
    },
    feed: (input) => overlay.feed(input),
    ...{ audience, now, attended, log },
  });
}

/** The exchange of entries with the front ends; undefined if the session has none. */
const entryExchanges = ({ launch, log }: StreamingOptions, overlay: Overlay) =>
  hasEntries(launch)
    ? createEntryExchanges({
        ...{ isElsewhere: launch.leaseUrls !== undefined, token: launch.leaseToken },
        ...{ session: launch.session, log, entries: overlay.entries, view: overlay.view },
        publish: (entries) => overlay.feed({ kind: 'publishEntries', entries }),
      })
    : undefined;

/** The source of a priority that was heard last, wherever in the session it is attached. */
const rivals =
  (overlay: Overlay, heard: RecentlyHeard) =>
  (priority: number, own: SourceId | undefined): Rival | undefined =>
    overlay
      .view()
      .sources.filter(({ source }) => source.priority === priority && source.id !== own)
      .map(({ source: { id } }) => ({ source: id, heardAt: heard.heardAt(id) ?? NEVER }))
      .sort((a, b) => b.heardAt - a.heardAt)[0];

/** Floods the departure; resolves when the children have moved, or soon if there are none. */
function leaveOverlay(overlay: Overlay): Promise<void> {
  const isParent = overlay.view().sources.some(hasChildren);
  const left = overlay.leave();
  return isParent ? left : Promise.race([left, pause(FLOOD_MS, undefined, { ref: false })]);
}

type Callbacks = Pick<
  OverlayOptions,
  | 'onDeliver'
  | 'onEvent'
  | 'segment'
  | 'onSegment'
  | 'objectionTo'
  | 'onClient'
  | 'objectionToReceiver'
  | 'onReceiver'
>;

/** Opens the overlay port and joins. Rejects with a UserError when the port is taken. */
export async function openStreaming(options: StreamingOptions): Promise<Streaming> {
  const { launch, name, playout, feed, receivers, login, limits, log, now, attended } = options;
  const heard = createRecentlyHeard();
  const titles = createTitleMemory(launch.encoderTitles ?? []);
  const network = createNetworkLogin({ login, log, self: launch.id as NodeId });
  if (launch.segment) playout.segments.tell(launch.segment, UNSEEN_SEGMENTS);
  let isLeaving = false;
  let exchanges: EntryExchanges | undefined;

  const onClient = (client: SourceClient): void => {
    if (isLeaving) client.close('this SCX is leaving');
    else sources.handleClient(client);
  };

  const callbacks: Callbacks = {
    onDeliver: (adu) => {
      heard.onAdu(adu, attended());
      titles.onAdu(adu);
      if (adu.channel === TITLE_CHANNEL) options.onNews();
      feed.handleAdu(adu);
      playout.handleAdu(adu);
    },
    onEvent: (event) => {
      if (event.kind === 'entry') return exchanges?.onEntry(event.entry);
      if (event.kind === 'demand') sources.onDemand(event.source, event.channels);
      logEvent(log, event);
      playout.onEvent(event);
      if (event.kind === 'sourceDown') feed.onSourceDown(event.source);
      if (NEWS.includes(event.kind)) options.onNews();
    },
    segment: playout.segments.place,
    onSegment: playout.segments.tell,
    objectionTo: network.objectionTo,
    onClient: (connection) => onClient(networkClient(connection)),
    objectionToReceiver: receivers.gate.objectionTo,
    onReceiver: receivers.handleReceiver,
  };

  const overlay = await createOverlay({ ...overlaySettings(launch), limits, log, ...callbacks });
  const sources = openSources(options, overlay);
  const reportListeners = createListenerReport(overlay);
  const departure = createSourceDeparture({
    ...{ self: launch.id as NodeId, sources, now, view: () => overlay.view().sources },
    fallbackSource: () => network.fallbackSource,
  });

  const ingest = createIngest({
    ...{ name, scx: launch.id as NodeId, login, leaseToken: launch.leaseToken, titles, log },
    ...{ now, attended, transcoding: playout.renditions.counters },
    attach: (client) => {
      departure.onEncoder(client.source.id);
      onClient(client);
    },
    rivalOf: rivals(overlay, heard),
    isLeaving: () => isLeaving,
    passTitle: options.passTitle,
  });

  /** Sources without our own fallback. */
  const sourceCount = (): number => sources.count - Number(sources.has(network.fallbackSource));

  const checkSources = (): void => {
    ingest.check(login.objectionTo); // first, or encoders would be told to come back
    sources.check(({ key, source }) => login.objectionTo(key, source.priority));
  };

  exchanges = entryExchanges(options, overlay);
  exchanges?.follow(launch.leaseUrls ?? [launch.leaseUrl]);
  overlay.feed({ kind: 'join' });
  feedNeeds(playout.renditions, overlay);
  return {
    overlay,
    sources,
    ingest,
    titles,
    fallbackSource: () => network.fallbackSource,
    get clients() {
      return playout.audience.count + playout.listeners.waiting + sourceCount();
    },
    get hasSources() {
      return sourceCount() > 0;
    },
    followFrontEnds: (urls) => exchanges?.follow(urls),
    tick: (at) => {
      checkSources(); // a right may have ended
      ingest.tick(at);
      sources.tick();
      receivers.tick();
      reportListeners(playout.audience.count);
    },
    metrics: () =>
      drawScxMetrics({
        ...{ view: overlay.view(), overlay: overlay.counters, sources, receivers, login },
        making: ingest.making(),
        ...playout,
      }),
    sendSourcesAway: async (withinMs) => {
      isLeaving = true;
      receivers.tellLeaving();
      await departure.sendAway(withinMs);
    },
    leave: () => {
      isLeaving = true;
      exchanges?.close();
      sources.tellLeaving();
      receivers.tellLeaving();
      ingest.closeAll(503, 'this SCX is leaving');
      return leaveOverlay(overlay);
    },
    carryAdded: () => {
      const added = options.channels.added();
      if (added.length > 0) overlay.feed({ kind: 'addChannels', channels: added });
    },
    setAccess: ({ sources: keys, privacy }) => {
      overlay.setSourceKeys(keys);
      overlay.setClusters(privacy?.clusters);
      checkSources();
    },
  };
}
