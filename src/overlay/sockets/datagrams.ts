/**
 * The UDP socket of an SCX, bound to the same port number as its overlay port if that is free.
 * Source addresses of datagrams can be forged, so they prove nothing: a datagram belongs to the
 * data connection in whose handshake its token was agreed, and is sealed with keys of that
 * connection. All others are counted and dropped.
 *
 * Without the socket, and wherever datagrams do not arrive, everything is sent over TCP.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import {
  type Datagram,
  type DatagramToken,
  decodeContent,
  decodeHeader,
} from '../../wire/datagram.js';
import type { Seal } from '../tls/seal.js';
import type { OverlayCounters } from './counters.js';
import type { OverlayLimits } from './limits.js';

/** Where datagrams are sent to. */
export interface Remote {
  readonly host: string;
  readonly port: number;
}

/** Takes the datagrams with one token. */
type DatagramHandler = (datagram: Datagram, from: Remote) => void;

export interface Datagrams {
  /** Whether the socket is bound. */
  readonly isOpen: boolean;
  /** Never rejects: if the port cannot be bound, TCP is used instead. */
  open(host: string, port: number): Promise<void>;
  /** False: the token is in use. */
  register(token: DatagramToken, seal: Seal, handler: DatagramHandler): boolean;
  unregister(token: DatagramToken): void;
  /** Sends a content under the token, if that is registered. */
  send(token: DatagramToken, content: Uint8Array, to: Remote): void;
  close(): Promise<void>;
}

/** What is registered with a token. */
interface Flow {
  readonly seal: Seal;
  readonly handler: DatagramHandler;
}

/** The address in the form that a socket for IPv6 and IPv4 requires. */
const mapped = (host: string, isV6: boolean): string =>
  isV6 && isIPv4(host) ? `::ffff:${host}` : host;

interface State {
  readonly counters: OverlayCounters;
  readonly limits: OverlayLimits;
  readonly log: Logger;
  /** Bounded by the data connections: inboundMax and outboundDataMax. */
  readonly flows: Map<DatagramToken, Flow>;
  socket: Socket | undefined;
  isV6: boolean;
}

/** Creates the datagrams of an overlay whose UDP socket is not open yet. */
export function createDatagrams(
  counters: OverlayCounters,
  limits: OverlayLimits,
  log: Logger,
): Datagrams {
  const flows = new Map<DatagramToken, Flow>();
  const state: State = { counters, limits, log, flows, socket: undefined, isV6: false };
  return {
    get isOpen() {
      return state.socket !== undefined;
    },
    open: (host, port) => open(state, host, port),
    register: (token, seal, handler) => {
      if (flows.has(token)) return false;
      flows.set(token, { seal, handler });
      return true;
    },
    unregister: (token) => void flows.delete(token),
    send: (token, content, to) => {
      const flow = flows.get(token);
      if (flow !== undefined) send(state, flow.seal.seal(content), to);
    },
    close: () => close(state),
  };
}

async function open(state: State, host: string, port: number): Promise<void> {
  state.isV6 = isIPv6(host);
  const socket = createSocket(state.isV6 ? 'udp6' : 'udp4');
  socket.on('message', (bytes, from) => take(state, bytes, from));
  if (!(await bind(state, socket, host, port))) return;
  state.socket = socket;
  enlargeBuffers(state, socket);
}

/** Resolves with whether the port could be bound. */
function bind({ log }: State, socket: Socket, host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    socket.once('error', (error) => {
      log.warn({ error, port }, 'No UDP socket: channels announced as UDP are carried over TCP.');
      done(false);
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      socket.on('error', (error) => log.debug({ error }, 'a datagram could not be sent'));
      done(true);
    });
  });
}

/** A burst of datagrams must not be lost in our own kernel. */
function enlargeBuffers({ limits, log }: State, socket: Socket): void {
  try {
    socket.setRecvBufferSize(limits.datagramBufferBytes);
    socket.setSendBufferSize(limits.datagramBufferBytes);
  } catch (error) {
    log.debug({ error }, 'the kernel does not grant larger buffers for datagrams');
  }
}

function take({ counters, flows }: State, bytes: Uint8Array, from: RemoteInfo): void {
  counters.datagramsIn++;
  counters.datagramBytesIn += bytes.length;
  const header = decodeHeader(bytes);
  const flow = header === undefined ? undefined : flows.get(header.token);
  if (flow === undefined) {
    counters.datagramsStray++;
    return;
  }
  const content = flow.seal.open(bytes);
  if (content === undefined) {
    counters.datagramsForged++;
    return;
  }
  const found = decodeContent(content);
  if (found.ok) flow.handler(found.value, { host: from.address, port: from.port });
  else counters.datagramsMalformed++;
}

function send({ socket, counters, isV6 }: State, bytes: Uint8Array, to: Remote): void {
  if (socket === undefined) return;
  counters.datagramsOut++;
  counters.datagramBytesOut += bytes.length;
  // A datagram that cannot be sent is treated like one that is lost on the way.
  socket.send(bytes, to.port, mapped(to.host, isV6), () => {});
}

const close = (state: State): Promise<void> =>
  new Promise((done) => {
    const { socket } = state;
    state.socket = undefined;
    if (socket === undefined) done();
    else socket.close(() => done());
  });
