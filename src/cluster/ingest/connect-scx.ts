/**
 * The connection to a session's SCX on behalf of an encoder. The SCX gets the encoder's request
 * head, written anew: with the session's own mount (and in a field the one that the encoder feeds), and
 * with the encoder's address, so that wrong passwords slow down the address they come from, and a remote
 * encoder is not taken for a local one.
 */
import { connect, type Socket } from 'node:net';
import { MOUNT_FIELD } from '../../api/header-fields.js';
import { mountOf } from '../../icecast/mount.js';
import type { SessionName } from '../../session/session-name.js';

/** The request of an encoder, on its way to an SCX. */
export interface EncoderRequest {
  /** The encoder's. */
  readonly address: string;
  /** The fields of its request head. */
  readonly headers: ReadonlyMap<string, string>;
  readonly method: string;
  readonly protocol: string;
  /** The path at which it feeds (icecast/mount.ts: mountPath); undefined without one. */
  readonly mount: string | undefined;
  /** `?priority=50`, or nothing. */
  readonly query: string;
  /** The bytes that came behind the head. */
  readonly rest: Uint8Array;
}

const CONNECT_MS = 5000; // guess
/** Fields that the front end writes itself. */
const OWN_FIELDS: readonly string[] = [
  ...['x-forwarded-for', 'forwarded', 'connection'],
  MOUNT_FIELD,
];

/** The head, and what came behind it, as the SCX reads them. */
export function bytesFor(request: EncoderRequest, name: SessionName): Buffer {
  const kept = [...request.headers].filter(([key]) => !OWN_FIELDS.includes(key));
  const lines = [
    `${request.method} ${mountOf(name)}${request.query} ${request.protocol}`,
    ...kept.map(([key, value]) => `${key}: ${value}`),
    ...(request.mount === undefined ? [] : [`${MOUNT_FIELD}: ${request.mount}`]),
    `x-forwarded-for: ${request.address}`,
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, request.rest]);
}

/** Connects; undefined if nothing accepts in time. */
export function connectTo(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true, timeout: CONNECT_MS });
    const fail = (): void => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once('timeout', fail).once('error', fail);
    socket.once('connect', () => {
      socket.off('timeout', fail).off('error', fail).setTimeout(0);
      resolve(socket);
    });
  });
}
