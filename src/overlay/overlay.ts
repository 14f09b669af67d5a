/**
 * Gossamer on real sockets. The machine decides everything (gossamer/). This room performs its
 * effects and feeds it what arrives:
 *
 * - sockets/: TCP connections with their handshake, the UDP socket, limits and counters;
 * - control/: the connections over which SCXs talk (§3.2);
 * - data/: the connections over which ADUs travel (§3.8), one for each child and channel;
 * - watch/: what operators see of the SCXs of the session;
 * - lots/: the signatures of ADUs, and the source keys that they must be of;
 * - locate.ts: finding rendezvous points (§3.4); machine-loop.ts: the machine on the real clock.
 *
 * Everything that arrives is untrusted. A malformed frame closes its own connection and is counted,
 * and every table and queue has a bound (sockets/limits.ts).
 */
import type { Logger } from 'pino';
import type { GossamerConfig } from '../gossamer/core/config.js';
import type { Effect, GossamerEvent, Input } from '../gossamer/core/effects.js';
import type { Entry } from '../gossamer/core/entry.js';
import type { Address, Adu } from '../gossamer/core/node.js';
import { createGossamer } from '../gossamer/gossamer.js';
import type { FormerEdge } from '../gossamer/mesh/mesh.js';
import type { GossamerView } from '../gossamer/view.js';
import { unreachable } from '../lib/assert.js';
import { excerpt } from '../lib/excerpt.js';
import { joinHostPort } from '../lib/host-port.js';
import type { Rng } from '../lib/rng.js';
import { EXIT, UserError } from '../lib/user-error.js';
import type { SigningKey } from '../runtime/signing-key.js';
import { steadyTimeMs } from '../runtime/steady-time.js';
import type { PublicKey } from '../session/public-key.js';
import { renditionOfChannel } from '../session/renditions.js';
import type { SourceKey } from '../session/source-key.js';
import type { SegmentPlace, Voucher } from '../wire/hello.js';
import { addressSchema } from '../wire/node-schema.js';
import { type AdmittingOptions, admitPeer } from './admitting.js';
import { type ControlLinks, createControlLinks } from './control/control-links.js';
import { createDataLinks, type DataLinks } from './data/data-links.js';
import { entryRulesOf } from './entries/entry-signature.js';
import { createLeaving, type Leaving } from './leaving.js';
import { createLocator, type Locator } from './locate.js';
import { createListings } from './lots/listings.js';
import { createLotCheck } from './lots/lot-check.js';
import { createRouteCheck } from './lots/source-statement.js';
import { createSourceTrust, type SourceTrust } from './lots/source-trust.js';
import { createMachineLoop, type MachineLoop } from './machine-loop.js';
import { createConnections } from './sockets/connections.js';
import type { OverlayContext } from './sockets/context.js';
import { createOverlayCounters, type OverlayCounters } from './sockets/counters.js';
import { createDatagrams } from './sockets/datagrams.js';
import { OVERLAY_LIMITS, type OverlayLimits } from './sockets/limits.js';
import { createTargets, findScope, type Scope } from './sockets/targets.js';
import { createIdentity } from './tls/identity.js';
import { createMembership } from './tls/membership.js';
import { nodeIdOf } from './tls/node-id.js';
import { createTestimonies } from './tls/testimony.js';
import { createOwnSketch, type OwnSketch } from './watch/own-sketch.js';
import { createWatchers, type Watchers } from './watch/watchers.js';
import { createWatching, type Seen, type Watching } from './watch/watching.js';

export interface OverlayOptions extends AdmittingOptions {
  /** Its own: the node id is the hash of the public half. */
  readonly key: SigningKey;
  /** The start time, ms since 1970: a later incarnation of an SCX replaces an earlier one. */
  readonly incarnation: number;
  readonly rendezvous: boolean;
  /** Where to listen; port 0: any free one. */
  readonly listenHost: string;
  readonly listenPort: number;
  /** Where connections to peers come from; undefined: the system decides. */
  readonly localAddress?: string;
  /** The host that peers are given, with the port that we listen on. */
  readonly advertiseHost: string;
  readonly config: GossamerConfig;
  /** The announcement's rendezvous locations. */
  readonly locations: readonly string[];
  /** The mesh edges of a predecessor that died, whose neighbours we ask first. */
  readonly formerEdges?: readonly FormerEdge[];
  readonly rng: Rng;
  /** Whether rendezvous URLs and SCXs may be at private addresses: see sockets/targets.ts. */
  readonly allowPrivate: boolean;
  /** Default: those of production. */
  readonly limits?: OverlayLimits;
  readonly log: Logger;
  /** Called for each ADU for our own listeners: once, and in order within source and channel. */
  onDeliver(adu: Adu): void;
  onEvent(event: GossamerEvent): void;
  /** Our newest segment of HLS, for SCXs that join; undefined: none. */
  readonly segment?: () => SegmentPlace | undefined;
  /** Another SCX has told its own. */
  readonly onSegment?: (place: SegmentPlace) => void;
  /** Whether the session has entries (gossamer/entries). */
  readonly hasEntries?: boolean;
  /** The keys of the session's sources; undefined: there is no list, and all are believed. */
  readonly sourceKeys?: readonly SourceKey[] | undefined;
  /** The clusters whose SCXs may take part; undefined: all. */
  readonly clusters?: readonly PublicKey[] | undefined;
  /** Our cluster's word for us. */
  readonly voucher?: Voucher | undefined;
}

export interface Overlay {
  /** The address that peers are given. */
  readonly address: Address;
  /** Feeds the machine; nothing happens before `join`. */
  feed(input: Input): void;
  view(): GossamerView;
  /** Watches all SCXs of the session, ourselves included, until the returned function is called. */
  watch(onSeen: (seen: Seen) => void): () => void;
  /** The entries that are kept. */
  entries(): Iterable<Entry>;
  readonly counters: Readonly<OverlayCounters>;
  /** Replaces the keys of the session's sources: those taken out end at once. */
  setSourceKeys(keys: readonly SourceKey[]): void;
  /** Replaces the list of clusters whose SCXs may take part; connections of others end. */
  setClusters(clusters: readonly PublicKey[] | undefined): void;
  /** Leaves the session (§3.5). Resolves when the children have other parents, or after drainMs. */
  leave(): Promise<void>;
  /** Closes everything at once. */
  close(): Promise<void>;
}

/** How much longer than `drainMs` leaving may take, ms. Guess. */
const LEAVE_GRACE_MS = 1000;

/** Opens the overlay port. Rejects with a UserError when it cannot be bound or advertised. */
export async function createOverlay(options: OverlayOptions): Promise<Overlay> {
  checkAdvertised(options.advertiseHost);
  const sockets = createSockets(options, await findScope(options.advertiseHost));
  const { connections, datagrams, counters } = sockets;
  const { listenHost, listenPort, config } = options;
  // No connection can arrive before the port is known and the parts, which need it, are there.
  const port = await connections.listen(listenHost, listenPort, (hello, remoteAddress) =>
    admitPeer(options, parts, hello, remoteAddress),
  );
  const parts = createParts(options, sockets, port);
  if (config.lossyChannels.length > 0) await datagrams.open(listenHost, port);
  const { loop, controlLinks, dataLinks, leaving, view, watching, ownSketch } = parts;
  return {
    address: parts.address,
    feed: (input) => {
      if (input.kind === 'join') {
        for (const links of [controlLinks, dataLinks]) links.prepare(options.formerEdges ?? []);
      }
      loop.feed(input);
    },
    view,
    watch: watching.subscribe,
    entries: parts.entries,
    counters,
    setSourceKeys: parts.trust.setKeys,
    setClusters: (clusters) => {
      sockets.membership.setClusters(clusters);
      connections.recheck();
    },
    leave: leaving.leave,
    close: async () => {
      loop.close();
      watching.close();
      ownSketch.close();
      controlLinks.close();
      leaving.onLeft();
      dataLinks.close();
      await Promise.all([connections.close(), datagrams.close()]);
    },
  };
}

/** Peers would reject an address that is malformed, and never connect to us. */
function checkAdvertised(host: string): void {
  if (addressSchema.safeParse(joinHostPort(host, 1)).success) return;
  const what = 'is neither a host name nor an IP address';
  throw new UserError(EXIT.usage, `the host to advertise, ${excerpt(host)}, ${what}`);
}

type Sockets = Pick<
  OverlayContext,
  'membership' | 'connections' | 'datagrams' | 'counters' | 'limits' | 'log'
>;

function createSockets(options: OverlayOptions, ownScope: Scope): Sockets {
  const { key, limits = OVERLAY_LIMITS, allowPrivate, advertiseHost: ownHost, log } = options;
  const counters = createOverlayCounters();
  const targets = createTargets({ limits, counters, allowPrivate, ownHost, ownScope });
  const identity = createIdentity(key);
  const { session, voucher, clusters } = options;
  const membership = createMembership({ session, voucher, clusters });
  const { localAddress } = options;
  const connections = createConnections({
    ...{ identity, membership, counters, limits, targets, localAddress, log },
    onPeer: (hello) => {
      if (hello.purpose === 'control' && hello.segment) options.onSegment?.(hello.segment);
    },
  });
  const datagrams = createDatagrams(counters, limits, log);
  return { membership, connections, datagrams, counters, limits, log };
}

/** The machine and everything that it acts through. */
interface Parts {
  readonly address: Address;
  readonly context: OverlayContext;
  readonly loop: MachineLoop;
  readonly controlLinks: ControlLinks;
  readonly dataLinks: DataLinks;
  readonly leaving: Leaving;
  readonly locator: Locator;
  readonly trust: SourceTrust;
  readonly ownSketch: OwnSketch;
  readonly watchers: Watchers;
  readonly watching: Watching;
  view(): GossamerView;
  entries(): Iterable<Entry>;
}

/** Creates the parts of an overlay; `port` is the one that we listen on. */
function createParts(options: OverlayOptions, sockets: Sockets, port: number): Parts {
  const { session, config, rng, log } = options;
  const address = joinHostPort(options.advertiseHost, port) as Address;
  const { incarnation, rendezvous, locations, formerEdges = [] } = options;
  const id = nodeIdOf(options.key.publicKey);
  const machine = createGossamer({
    self: { id, address, incarnation, rendezvous },
    ...{ config, locations, formerEdges },
    rng: rng.fork('gossamer'),
    entries: options.hasEntries === true ? entryRulesOf(session) : undefined,
  });
  const view = (): GossamerView => machine.view();
  const loop = createMachineLoop(machine, (effect) => perform(options, parts, effect));
  const trust = createSourceTrust(options.sourceKeys, steadyTimeMs);
  const main = config.channels[0] as number;
  const listings = createListings(session, options.key);
  const context: OverlayContext = {
    ...{ ...sockets, session, listings, feed: loop.feed },
    checkLot: createLotCheck({
      ...{ session, trust, now: steadyTimeMs },
      isLive: (channel) => channel === main || renditionOfChannel(channel) !== undefined,
      onRefused: (why) => void sockets.counters.lotsRefused[why]++,
    }),
    testimonies: createTestimonies(session, options.key, steadyTimeMs),
    checkRoutes: createRouteCheck({
      ...{ session, trust, listings, now: steadyTimeMs },
      onRefused: (why) => void sockets.counters.sourcesRefused[why]++,
    }),
    self: () => machine.self(),
    segment: () => options.segment?.(),
    usesDatagrams: (channel) => sockets.datagrams.isOpen && config.lossyChannels.includes(channel),
  };
  const ownSketch = createOwnSketch(view);
  const parts: Parts = {
    ...{ address, context, loop, view, trust, ownSketch },
    watchers: createWatchers(context, ownSketch),
    watching: createWatching(context, ownSketch, () => machine.sightings()),
    entries: () => machine.entries(),
    controlLinks: createControlLinks(context, rng.fork('control links')),
    dataLinks: createDataLinks(context, rng.fork('data links'), main),
    leaving: createLeaving(view, loop.feed, config.drainMs + LEAVE_GRACE_MS),
    locator: createLocator(options.allowPrivate, (location, found) => {
      if (!found.ok) log.debug({ location, problems: found.problems }, 'rendezvous not located');
      loop.feed({ kind: 'located', location, address: found.ok ? found.value : undefined });
    }),
  };
  return parts;
}

function perform(options: OverlayOptions, parts: Parts, effect: Effect): void {
  const { controlLinks, dataLinks, locator } = parts;
  switch (effect.kind) {
    case 'locate':
      return locator.locate(effect.location);
    case 'send':
      return controlLinks.send(effect.to, effect.message);
    case 'hangUp':
      return controlLinks.hangUp(effect.to);
    case 'sendData':
      return dataLinks.send(effect.to, effect.message);
    case 'forward':
      return dataLinks.forward(effect.to, effect.adu);
    case 'deliver':
      return options.onDeliver(effect.adu);
    case 'notify':
      return onEvent(options, parts, effect.event);
    default:
      return unreachable(effect);
  }
}

function onEvent(options: OverlayOptions, parts: Parts, event: GossamerEvent): void {
  if (event.kind === 'edgeUp' || event.kind === 'edgeDown') {
    parts.controlLinks.onEdge(event.member, event.kind === 'edgeUp');
    parts.dataLinks.onEdge(event.member, event.kind === 'edgeUp');
  }
  if (event.kind === 'entryForged') parts.controlLinks.reject(event.member, 'an entry');
  if (event.kind === 'left') parts.leaving.onLeft();
  options.onEvent(event);
}
