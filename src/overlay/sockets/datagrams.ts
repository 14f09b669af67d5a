/**
 * The UDP socket of an SCX, bound to the number of its overlay port where that is free. A datagram
 * belongs to the data connection whose handshake told its token; all others are counted and dropped:
 * neither a source address nor a port proves anything.
 *
 * Without the socket, and wherever datagrams do not arrive, the same is said over TCP.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import { type Datagram, type DatagramToken, decodeDatagram, tokenOf } from '../../wire/datagram.js';
import type { OverlayCounters } from './counters.js';
import { OVERLAY_LIMITS } from './limits.js';

/** Where datagrams are sent to. */
export interface Remote {
  readonly host: string;
  readonly port: number;
}

/** Takes what comes with its token. */
type DatagramHandler = (datagram: Datagram, from: Remote) => void;

export interface Datagrams {
  /** Whether there is a socket. */
  readonly isOpen: boolean;
  /** Never rejects: without a socket there is TCP. */
  open(host: string, port: number): Promise<void>;
  /** False: the token is taken. */
  register(token: DatagramToken, handler: DatagramHandler): boolean;
  unregister(token: DatagramToken): void;
  send(bytes: Uint8Array, to: Remote): void;
  close(): Promise<void>;
}

/** As a socket of both families wants to have it. */
const mapped = (host: string, isV6: boolean): string =>
  isV6 && isIPv4(host) ? `::ffff:${host}` : host;

/** No socket yet. */
export function createDatagrams(counters: OverlayCounters, log: Logger): Datagrams {
  /** Bounded by the data connections: inboundMax and outboundDataMax. */
  const handlers = new Map<DatagramToken, DatagramHandler>();
  let socket: Socket | undefined;
  let isV6 = false;

  const take = (bytes: Uint8Array, { address, port }: RemoteInfo): void => {
    counters.datagramsIn++;
    counters.datagramBytesIn += bytes.length;
    const token = tokenOf(bytes);
    const handler = token === undefined ? undefined : handlers.get(token);
    if (handler === undefined) {
      counters.datagramsStray++;
      return;
    }
    const found = decodeDatagram(bytes);
    if (found.ok) handler(found.value, { host: address, port });
    else counters.datagramsMalformed++;
  };

  const bind = (opened: Socket, host: string, port: number): Promise<void> =>
    new Promise((done) => {
      opened.once('error', (error) => {
        log.warn({ error, port }, 'No UDP socket: channels announced as UDP are carried over TCP.');
        done();
      });
      opened.bind(port, host, () => {
        opened.removeAllListeners('error');
        opened.on('error', (error) => log.debug({ error }, 'a datagram was not sent'));
        socket = opened;
        done();
      });
    });

  /** The burst of a busy moment must not be lost in our own kernel. */
  const makeRoom = (opened: Socket): void => {
    try {
      opened.setRecvBufferSize(OVERLAY_LIMITS.datagramBufferBytes);
      opened.setSendBufferSize(OVERLAY_LIMITS.datagramBufferBytes);
    } catch (error) {
      log.debug({ error }, 'the kernel has no more room for datagrams');
    }
  };

  return {
    get isOpen() {
      return socket !== undefined;
    },
    open: async (host, port) => {
      isV6 = isIPv6(host);
      const opened = createSocket(isV6 ? 'udp6' : 'udp4');
      opened.on('message', take);
      await bind(opened, host, port);
      if (socket !== undefined) makeRoom(opened);
    },
    register: (token, handler) => {
      if (handlers.has(token)) return false;
      handlers.set(token, handler);
      return true;
    },
    unregister: (token) => void handlers.delete(token),
    send: (bytes, to) => {
      if (socket === undefined) return;
      counters.datagramsOut++;
      counters.datagramBytesOut += bytes.length;
      // What cannot be sent is lost like what is lost on the way.
      socket.send(bytes, to.port, mapped(to.host, isV6), () => {});
    },
    close: () =>
      new Promise((done) => {
        const opened = socket;
        socket = undefined;
        if (opened === undefined) done();
        else opened.close(() => done());
      }),
  };
}
