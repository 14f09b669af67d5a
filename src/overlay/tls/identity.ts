/**
 * Who is at the two ends of a TLS connection. An SCX shows the certificate of its key in both roles,
 * and TLS proves that it holds the private half; nobody needs to have issued it. Source clients
 * have no id, and show none.
 *
 * Both ends are of this program and of one version, so there is one suite of algorithms, TLS 1.3
 * (RFC 8446) with Ed25519. No session tickets: each costs a kilobyte and a tenth of the handshake,
 * and hardly any peer would come back to use it.
 */
import { constants } from 'node:crypto';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import type { NodeId } from '../../gossamer/core/node.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import { isPublicKey } from '../../session/public-key.js';
import { certificateOf } from './certificate.js';
import { nodeIdOf } from './node-id.js';

/** An SCX as TLS shows it. */
export interface Identity {
  readonly id: NodeId;
  /** As acceptor. */
  readonly options: SecureContextOptions;
  /** As opener. */
  readonly context: SecureContext;
}

const SUITE: SecureContextOptions = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
  sigalgs: 'ed25519',
  ecdhCurve: 'X25519',
  secureOptions: constants.SSL_OP_NO_TICKET,
  /** No authority is trusted. Without this line Node would read all that the system knows. */
  ca: [],
};

/** The identity of the SCX with that key. */
export function createIdentity(key: SigningKey): Identity {
  const id = nodeIdOf(key.publicKey);
  const pem = key.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const options = { ...SUITE, key: pem, cert: certificateOf(key, id) };
  return { id, options, context: createSecureContext(options) };
}

/** What a source client connects with. */
export const createAnonymousContext = (): SecureContext => createSecureContext(SUITE);

/**
 * The id that the peer has proven; undefined if it has shown no certificate. Of an opener Node tells it once
 * only: keep it.
 */
export function provenId(socket: TLSSocket): NodeId | undefined {
  const key = socket.getPeerX509Certificate()?.publicKey.export({ format: 'jwk' }).x;
  return isPublicKey(key) ? nodeIdOf(key) : undefined;
}
