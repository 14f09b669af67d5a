/**
 * The acceptor's end of TLS. The first byte of a connection says whether it is TLS: SCXs and source
 * clients of older versions begin with a plain HELLO, and are told why they are refused.
 *
 * Node's TLS server reports decrypted sockets without the ones that it was given, so they are
 * recognised by the peer's address and port.
 */
import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Identity } from './identity.js';

/** What becomes of a connection; at most one of the two callbacks is called. */
interface Accepting {
  /** It begins with TLS: whether the handshake may begin, which costs us a signature. */
  mayBegin(): boolean;
  onSecure(socket: TLSSocket): void;
  /** It begins with something else. */
  onPlain(): void;
}

export interface TlsAcceptor {
  /** Takes a connection from which nothing has been read. */
  take(socket: Socket, accepting: Accepting): void;
}

/** The first byte of TLS: a record with a message of the handshake (RFC 8446 §5.1). */
const HANDSHAKE_RECORD = 22;

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/**
 * Creates an acceptor with that identity, which asks openers for theirs. `onFailed` is called with
 * the address of a peer whose handshake fails; its connection is closed then.
 */
export function createTlsAcceptor(
  { options }: Identity,
  onFailed: (remoteAddress: string, reason: string) => void,
): TlsAcceptor {
  /** By peer. Bounded: the connections that are pending. */
  const waiting = new Map<string, Accepting>();
  const server = createServer({ ...options, requestCert: true, rejectUnauthorized: false });
  server.on('secureConnection', (secured) => waiting.get(peerOf(secured))?.onSecure(secured));
  server.on('tlsClientError', ({ message }, secured) => {
    onFailed(secured.remoteAddress ?? '', message);
    secured.destroy();
  });

  const begin = (socket: Socket, accepting: Accepting): void => {
    const peer = peerOf(socket);
    waiting.set(peer, accepting);
    socket.on('close', () => waiting.delete(peer));
    server.emit('connection', socket);
  };

  return {
    take: (socket, accepting) =>
      void socket.once('readable', () => {
        const bytes: Buffer | null = socket.read();
        if (bytes === null) return; // it has ended
        socket.unshift(bytes);
        if (bytes[0] !== HANDSHAKE_RECORD) accepting.onPlain();
        else if (accepting.mayBegin()) begin(socket, accepting);
      }),
  };
}
