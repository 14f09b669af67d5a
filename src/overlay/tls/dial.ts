/** The opener's end of TLS. */
import type { Socket } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';

/**
 * TLS over a socket that is connecting. `secureConnect` follows, and then the peer's id must be
 * checked before anything is sent; or an error, whichever of the two layers fails.
 */
export function dialSecurely(socket: Socket, secureContext: SecureContext): TLSSocket {
  // Certificates are signed by themselves: what counts is their key, see identity.ts.
  const secured = connect({ socket, secureContext, rejectUnauthorized: false });
  secured.on('close', () => socket.destroy());
  return secured;
}
