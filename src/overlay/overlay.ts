/**
 * Gossamer on real sockets. The machine decides everything (gossamer/); this room carries out its
 * effects and tells it what arrives: control connections, data connections, clients, and locating
 * rendezvous points each have a file of their own, and meet here.
 *
 * The machine is fed one input at a time: what happens while it works, or while its effects are
 * carried out, waits its turn.
 */

import type { Logger } from 'pino';
import type { GossamerConfig } from '../gossamer/core/config.js';
import type { Effect, GossamerEvent, Input } from '../gossamer/core/effects.js';
import type { Address, Adu, Member, NodeId } from '../gossamer/core/node.js';
import { createGossamer } from '../gossamer/gossamer.js';
import type { FormerEdge } from '../gossamer/mesh/mesh.js';
import type { GossamerView } from '../gossamer/view.js';
import { unreachable } from '../lib/assert.js';
import { excerpt } from '../lib/excerpt.js';
import { joinHostPort } from '../lib/host-port.js';
import { drive } from '../lib/machine.js';
import type { Rng } from '../lib/rng.js';
import { EXIT, UserError } from '../lib/user-error.js';
import type { ClientHello, Hello } from '../wire/hello.js';
import { addressSchema } from '../wire/node-schema.js';
import { createControlLinks } from './control/control-links.js';
import { createDataLinks } from './data/data-links.js';
import { locate } from './locate.js';
import { type ClientConnection, createClientConnection } from './sockets/client-connection.js';
import { type Admission, createConnections, type Refusal } from './sockets/connections.js';
import { controlHello, type OverlayContext } from './sockets/context.js';
import { createOverlayCounters, type OverlayCounters } from './sockets/counters.js';
import { createDatagrams } from './sockets/datagrams.js';

export interface OverlayOptions {
  /** `scattercast://creator/session`, normalised: peers must name the same. */
  readonly session: string;
  readonly id: NodeId;
  /** The start time, ms. */
  readonly incarnation: number;
  readonly rendezvous: boolean;
  /** Where to listen; port 0: any free one. */
  readonly listenHost: string;
  readonly listenPort: number;
  /** The host that others are told, with the port that we listen on. */
  readonly advertiseHost: string;
  readonly config: GossamerConfig;
  /** The announcement's rendezvous locations. */
  readonly locations: readonly string[];
  /** Of an SCX that died, and whose place we take. */
  readonly formerEdges?: readonly FormerEdge[];
  readonly rng: Rng;
  /** Whether rendezvous URLs may lead to private addresses. */
  readonly allowPrivate: boolean;
  readonly log: Logger;
  /** An ADU for our own listeners: each once, in order within source and channel. */
  onDeliver(adu: Adu): void;
  onEvent(event: GossamerEvent): void;
  /** Why a source client may not attach from this IP address; undefined: it may. */
  objectionTo?(client: ClientHello, remoteAddress: string): Refusal | undefined;
  /** A source client attaches: set its callbacks before returning. */
  onClient(client: ClientConnection): void;
}

export interface Overlay {
  /** Our address as others are told. */
  readonly address: Address;
  /** Feeds the machine; nothing happens before `join`. */
  feed(input: Input): void;
  view(): GossamerView;
  readonly counters: Readonly<OverlayCounters>;
  /** Leaves the session (§3.5) and resolves when the children have moved, or had their time. */
  leave(): Promise<void>;
  /** Closes everything at once. */
  close(): Promise<void>;
}

/** How much longer than `drainMs` leaving may take, ms. */
const LEAVE_GRACE_MS = 1000;

/** An address that peers would not take for one: none of them would ever speak to us. */
function checkAdvertised(host: string): void {
  if (addressSchema.safeParse(joinHostPort(host, 1)).success) return;
  const what = 'is neither a host name nor an IP address';
  throw new UserError(EXIT.usage, `the host to advertise, ${excerpt(host)}, ${what}`);
}

/** Opens the overlay port. Rejects with a UserError when it cannot be opened or advertised. */
export async function createOverlay(options: OverlayOptions): Promise<Overlay> {
  const { session, config, log, rng } = options;
  const counters = createOverlayCounters();
  const connections = createConnections(counters, log);
  const datagrams = createDatagrams(counters, log);
  /** What waits for the machine. Bounded: it is empty again at the end of each turn. */
  const inbox: Input[] = [];
  /** Rendezvous URLs that are being asked. Bounded: the announcement's. */
  const asking = new Set<string>();
  const leavers: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;
  let isClosed = false;

  const admit = (hello: Hello, remoteAddress: string): Admission => {
    if (hello.session !== session) return { kind: 'refused', reason: 'wrong session' };
    if (hello.purpose === 'client') return admitClient(hello, remoteAddress);
    if (hello.id === options.id) return { kind: 'refused', reason: 'own id' };
    return hello.purpose === 'control' ? controlLinks.admit(hello) : dataLinks.admit(hello);
  };

  const admitClient = (hello: ClientHello, remoteAddress: string): Admission => {
    const { source } = hello;
    const objection = options.objectionTo?.(hello, remoteAddress);
    if (objection !== undefined) return { kind: 'refused', ...objection };
    return {
      kind: 'admitted',
      answer: controlHello(context),
      onOpen: (connection) =>
        options.onClient(createClientConnection(connection, source, counters)),
    };
  };

  checkAdvertised(options.advertiseHost);
  const port = await connections.listen(options.listenHost, options.listenPort, admit);
  if (config.lossyChannels.length > 0) await datagrams.open(options.listenHost, port);
  const self: Member = {
    id: options.id,
    address: joinHostPort(options.advertiseHost, port) as Address,
    incarnation: options.incarnation,
    rendezvous: options.rendezvous,
  };
  const machine = createGossamer({
    self,
    config,
    rng: rng.fork('gossamer'),
    locations: options.locations,
    formerEdges: options.formerEdges ?? [],
  });

  /** Runs one step of the machine, and then what came up meanwhile. */
  const step = (action: () => void): void => {
    isBusy = true;
    action();
    for (let next = inbox.shift(); next !== undefined && !isClosed; next = inbox.shift()) {
      feedMachine(next);
    }
    isBusy = false;
  };

  const feed = (input: Input): void => {
    if (isClosed) return;
    if (isBusy) inbox.push(input);
    else step(() => feedMachine(input));
  };

  const context: OverlayContext = {
    session,
    self: () => machine.self(),
    feed,
    connections,
    datagrams,
    usesDatagrams: (channel) => datagrams.isOpen && config.lossyChannels.includes(channel),
    counters,
    log,
  };
  const controlLinks = createControlLinks(context, rng.fork('control links'));
  const dataLinks = createDataLinks(context, rng.fork('data links'), config.channels[0] as number);

  const findRendezvous = async (location: string): Promise<void> => {
    if (asking.has(location)) return;
    asking.add(location);
    const found = await locate(location, options.allowPrivate);
    asking.delete(location);
    if (!found.ok) log.debug({ location, problems: found.problems }, 'rendezvous not located');
    feed({ kind: 'located', location, address: found.ok ? found.value : undefined });
  };

  const onEvent = (event: GossamerEvent): void => {
    if (event.kind === 'edgeUp' || event.kind === 'edgeDown') {
      controlLinks.onEdge(event.member, event.kind === 'edgeUp');
      dataLinks.onEdge(event.member, event.kind === 'edgeUp');
    }
    if (event.kind === 'left') for (const done of leavers.splice(0)) done();
    options.onEvent(event);
  };

  const perform = (effect: Effect): void => {
    if (isClosed) return;
    switch (effect.kind) {
      case 'locate':
        return void findRendezvous(effect.location);
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
        return onEvent(effect.event);
      default:
        return unreachable(effect);
    }
  };

  const feedMachine = drive<Input, Effect>(machine, {
    now: () => performance.now(),
    perform,
    wakeAt: (instant, wake) => {
      clearTimeout(timer);
      if (isClosed) return;
      timer = setTimeout(() => step(wake), Math.max(0, Math.ceil(instant - performance.now())));
    },
  });

  const leave = (): Promise<void> =>
    new Promise((done) => {
      const { state } = machine.view();
      if (isClosed || state === 'idle' || state === 'left') return done();
      const deadline = setTimeout(done, config.drainMs + LEAVE_GRACE_MS);
      leavers.push(() => {
        clearTimeout(deadline);
        done();
      });
      feed({ kind: 'leave' });
    });

  return {
    address: self.address,
    feed,
    view: () => machine.view(),
    counters,
    leave,
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      controlLinks.close();
      for (const done of leavers.splice(0)) done();
      dataLinks.close();
      await Promise.all([connections.close(), datagrams.close()]);
    },
  };
}
