/**
 * An SCX that lies, made of the product's own connections: a neighbour of honest SCXs, which passes
 * on the true sound until it is told to send something else.
 */

import { pino } from 'pino';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { DataMessage, Message, Route } from '../../src/gossamer/core/message.js';
import type { Address, NodeId } from '../../src/gossamer/core/node.js';
import type { Admission } from '../../src/overlay/sockets/admission.js';
import type { Arrival, Connection } from '../../src/overlay/sockets/connection.js';
import { type Connections, createConnections } from '../../src/overlay/sockets/connections.js';
import { createOverlayCounters } from '../../src/overlay/sockets/counters.js';
import { OVERLAY_LIMITS } from '../../src/overlay/sockets/limits.js';
import { createTargets } from '../../src/overlay/sockets/targets.js';
import { createIdentity } from '../../src/overlay/tls/identity.js';
import { createMembership } from '../../src/overlay/tls/membership.js';
import { encodeDataMessage, encodeMessage } from '../../src/wire/encoder.js';
import { type DataHello, type Hello, isOfClient } from '../../src/wire/hello.js';
import type { LotFrame } from '../../src/wire/lot-codec.js';
import { afterTest } from '../after-test.js';
import {
  eventually,
  idOf,
  keyOf,
  SOURCE,
  type Station,
  strangerHello,
} from '../overlay/support.js';

const CHANNELS = [1, 2];
const OFFER = {
  rttMs: 1,
  addGainMs: 0,
  acceptGainMs: null,
  place: UNKNOWN_COORDINATES,
  leaves: null,
};
const KEEP_ALIVE: Message = { kind: 'keepAlive', worthMs: 0, loads: [], heir: null };
const NUMBER = 7;

/** An SCX that lies. */
export interface Liar {
  readonly id: NodeId;
  /** The lots that it has got, the oldest first. */
  readonly lots: readonly LotFrame[];
  /** What it does with a lot instead of passing it on. */
  onLot: (frame: LotFrame) => void;
  /** Becomes a neighbour of a station, and its child. */
  listenTo(station: Station): Promise<void>;
  /** Becomes a neighbour of a station, and its parent. */
  feed(station: Station): Promise<void>;
  /** Sends to its children on a channel. */
  sendLot(channel: number, ...frames: Uint8Array[]): void;
  sendData(channel: number, message: DataMessage): void;
  /** Sends to all neighbours. */
  say(message: Message): void;
  /** Data connections that its children have closed. */
  readonly lost: number;
  /** The route to the source that it advertises. */
  readonly route: Route | undefined;
}

function createSockets(): Connections {
  const [counters, limits] = [createOverlayCounters(), OVERLAY_LIMITS];
  const targets = createTargets({
    ...{ limits, counters, allowPrivate: true, ownHost: '127.0.0.1', ownScope: 'loopback' },
  });
  const identity = createIdentity(keyOf(NUMBER));
  const membership = createMembership({ session: '', voucher: undefined, clusters: undefined });
  const log = pino({ level: 'silent' });
  return createConnections({ identity, membership, counters, limits, targets, log });
}

/** Starts an SCX that lies; it ends after the test. */
export async function startLiar(): Promise<Liar> {
  const id = idOf(NUMBER);
  const connections = createSockets();
  const neighbours = new Set<Connection>();
  const children = new Map<Connection, number>();
  const lots: LotFrame[] = [];
  let [address, lost, route] = ['' as Address, 0, undefined as Route | undefined];

  const own = (more: object = {}) => strangerHello(NUMBER, { address, ...more });
  const dataHello = (channel: number) => own({ purpose: 'data', channel }) as never as DataHello;

  const become = (connection: Connection, take: (event: Arrival) => void, onClose = () => {}) =>
    connection.handTo({ onArrival: take, onDrain: () => {}, onClose }, 'data');

  const becomeNeighbour = (connection: Connection): void => {
    neighbours.add(connection);
    become(connection, (event) => {
      if (event.kind !== 'message') return;
      const { message } = event;
      if (message.kind === 'edgeRequest') {
        connection.send(encodeMessage({ kind: 'edgeAccept', reversed: false }));
      }
      if (message.kind === 'ping') {
        const { nonce } = message;
        const pong = { kind: 'pong', nonce, place: UNKNOWN_COORDINATES, leaves: null } as const;
        connection.send(encodeMessage(pong));
      }
      const heard = message.kind === 'update' ? message.routes[0] : undefined;
      if (heard?.path.length === 1) route = { ...heard, path: [id, heard.scx], costMs: 0 };
    });
  };

  const sendTo = (channel: number, frame: Uint8Array): void => {
    for (const [child, its] of children) if (its === channel) child.send(frame);
  };

  const becomeParent = (connection: Connection, channel: number): void => {
    children.set(connection, channel);
    become(
      connection,
      (event) => {
        if (event.kind !== 'data' || event.message.kind !== 'subscribe') return;
        const { source } = event.message;
        const first = lots.find(({ lot }) => lot.channel === channel)?.lot.first ?? 0;
        const from = event.message.from ?? first;
        connection.send(encodeDataMessage({ kind: 'subscribed', source, channel, from }));
        for (const { lot, frame } of lots) if (lot.channel === channel) connection.send(frame);
      },
      () => {
        children.delete(connection);
        lost++;
      },
    );
  };

  const admit = (hello: Hello): Admission => {
    if (isOfClient(hello) || hello.purpose === 'watch') {
      return { kind: 'refused', reason: 'no' };
    }
    const { purpose } = hello;
    if (purpose === 'control') return { kind: 'admitted', answer: own(), onOpen: becomeNeighbour };
    const { channel } = hello;
    const onOpen = (connection: Connection): void => becomeParent(connection, channel);
    return { kind: 'admitted', answer: dataHello(channel), onOpen };
  };

  const dial = (to: Station, hello: Hello): Promise<Connection> =>
    new Promise((onOpen, onFailed) => {
      connections.open({ to: to.overlay.address, hello, onOpen, onFailed });
    });

  const meet = async (station: Station): Promise<void> => {
    const control = await dial(station, own());
    becomeNeighbour(control);
    control.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
    const areNeighbours = (): boolean =>
      station.overlay.view().neighbours.some(({ member }) => member.id === id);
    await eventually(areNeighbours);
  };

  address = `127.0.0.1:${await connections.listen('127.0.0.1', 0, admit)}` as Address;
  const say = (message: Message): void => {
    for (const neighbour of neighbours) neighbour.send(encodeMessage(message));
  };
  const timer = setInterval(() => say(KEEP_ALIVE), 100);
  afterTest(() => {
    clearInterval(timer);
    return connections.close();
  });

  const liar: Liar = {
    id,
    lots,
    onLot: ({ lot, frame }) => sendTo(lot.channel, frame),
    listenTo: async (station) => {
      await meet(station);
      for (const channel of CHANNELS) {
        const data = await dial(station, dataHello(channel));
        become(data, (event) => {
          if (event.kind !== 'lot') return;
          lots.push(event);
          liar.onLot(event);
        });
        const subscribe = { kind: 'subscribe', source: SOURCE.id, channel, from: null } as const;
        data.send(encodeDataMessage(subscribe));
      }
      await eventually(() => lots.length > 0 && route !== undefined);
    },
    feed: async (station) => {
      await meet(station);
      const routes = route === undefined ? [] : [route];
      say({ kind: 'update', whole: true, routes, lost: [], withdrawn: [] });
    },
    sendLot: (channel, ...frames) => {
      for (const frame of frames) sendTo(channel, frame);
    },
    sendData: (channel, message) => sendTo(channel, encodeDataMessage(message)),
    say,
    get lost() {
      return lost;
    },
    get route() {
      return route;
    },
  };
  return liar;
}
