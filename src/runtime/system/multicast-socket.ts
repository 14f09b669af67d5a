/**
 * Sockets for multicast in an IPv4 network. A socket that listens is bound to the group's address: bound
 * to all addresses it would receive what is sent to other groups at that port as well. Others may have
 * the same group and port on this machine.
 *
 * A datagram that cannot be sent counts as lost. A socket that cannot be opened is told once.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface MulticastSocketOptions {
  readonly group: string;
  readonly port: number;
  /** The address of the interface through which the group is reached. */
  readonly interfaceAddress: string;
  /** Routers that what is sent may pass, plus 1. */
  readonly ttl: number;
  /** Takes what comes; a socket without it only sends. */
  readonly onDatagram?: (bytes: Uint8Array, address: string) => void;
}

export interface MulticastSocket {
  send(bytes: Uint8Array): void;
  /** Resolves when what was sent is out. */
  close(): Promise<void>;
}

/** Room for what comes while this process is busy, bytes: seconds of the densest stream. Guess. */
const RECEIVE_BYTES = 512 * 1024;

/** The IPv4 address of an interface by its name, or of the one that has that address. */
export function interfaceAddress(interfaceName: string): string | undefined {
  const found = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.filter(
      ({ family, address }) =>
        family === 'IPv4' && (name === interfaceName || address === interfaceName),
    ),
  );
  return found[0]?.address;
}

/** Whether it is an IPv4 address for groups. */
export const isGroup = (address: string): boolean =>
  isIPv4(address) && Number(address.split('.')[0]) >= 224 && Number(address.split('.')[0]) < 240;

function bind(socket: Socket, { group, port, onDatagram, ...options }: MulticastSocketOptions) {
  return new Promise<void>((done, fail) => {
    socket.once('error', fail);
    const onBound = (): void => {
      try {
        socket.setMulticastInterface(options.interfaceAddress);
        socket.setMulticastTTL(options.ttl);
        if (onDatagram !== undefined) {
          socket.addMembership(group, options.interfaceAddress);
          socket.setRecvBufferSize(RECEIVE_BYTES);
        }
      } catch (error) {
        return fail(error);
      }
      socket.removeListener('error', fail);
      socket.on('error', () => {});
      done();
    };
    if (onDatagram === undefined) socket.bind(0, options.interfaceAddress, onBound);
    else socket.bind(port, group, onBound);
  });
}

/** Opens a socket. Rejects with the system's error. */
export async function openMulticastSocket(
  options: MulticastSocketOptions,
): Promise<MulticastSocket> {
  const { group, port, onDatagram } = options;
  const socket = createSocket({ type: 'udp4', reuseAddr: onDatagram !== undefined });
  if (onDatagram !== undefined) {
    socket.on('message', (bytes, { address }) => onDatagram(bytes, address));
  }
  try {
    await bind(socket, options);
  } catch (error) {
    socket.close();
    throw error;
  }
  let isOpen = true;
  let under = 0;
  let onSent = (): void => {};
  return {
    send: (bytes) => {
      if (!isOpen) return;
      under++;
      socket.send(bytes, port, group, () => {
        if (--under === 0) onSent();
      });
    },
    close: async () => {
      isOpen = false;
      if (under > 0) {
        await new Promise<void>((resolve) => {
          onSent = resolve;
        });
      }
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
