/**
 * Encoders that the front end gives to this SCX (api/encoder-channel.ts): it has read their request,
 * and passes the socket itself, so that they stay when the front end ends. (The carrier gets them in the
 * same way: cli/processes/carrier-process.ts.) The channel does not keep
 * this process alive, and its end changes nothing but that no more encoders come over it.
 *
 * Node reads a socket as soon as it has come, but not before it has told of it. So one that is
 * refused in the same moment has not been read, and the front end can go on with it.
 */
import { Socket } from 'node:net';
import {
  type EncoderReply,
  type GivenEncoder,
  givenEncoderSchema,
  type ScxPlace,
} from '../../api/encoder-channel.js';
import type { IncomingRequest } from '../../http/server/head-gate.js';
import { readRequestHead } from '../../http/server/request-head.js';

/** Whether the SCX takes a connection; if not, nothing of it may be read. */
type TakeEncoder = (request: IncomingRequest, scx: ScxPlace | undefined) => boolean;

/** The encoders that the front end gives. */
export interface GivenEncoders {
  /** All are refused until this is called. */
  onGiven(take: TakeEncoder): void;
}

/** TCP keep-alive as at the SCX's own port, ms. */
const KEEP_ALIVE_MS = 30_000;

const send = (reply: EncoderReply): void => {
  if (process.connected) process.send?.(reply, undefined, undefined, () => undefined);
};

/** The request in a message; undefined if it is malformed: the SCX's port answers it then. */
function requestIn(given: GivenEncoder, socket: Socket): IncomingRequest | undefined {
  const raw = Buffer.from(given.request, 'base64');
  const result = readRequestHead(raw);
  if (result.kind !== 'head') return undefined;
  const { head } = result;
  const rest = raw.subarray(head.bytes);
  return { socket, head, raw, rest, isSecure: false, isSilent: !given.isAnswered };
}

function handle(given: GivenEncoder, socket: Socket, take: TakeEncoder): void {
  const { id } = given;
  socket.on('error', () => undefined).pause(); // its close follows
  socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
  const request = requestIn(given, socket);
  if (request !== undefined && take(request, given.scx)) {
    send({ kind: 'took', id });
    if (socket.closed) return send({ kind: 'gone', id });
    return void socket.once('close', () => send({ kind: 'gone', id }));
  }
  socket.destroy(); // our copy of the descriptor, before anything is read
  send({ kind: 'refused', id });
}

/** Opens the channel to the front end; undefined in a process without one. */
export function openGivenEncoders(): GivenEncoders | undefined {
  if (process.send === undefined) return undefined;
  let take: TakeEncoder = () => false;
  process.on('message', (raw, socket) => {
    const given = givenEncoderSchema.safeParse(raw);
    if (!given.success) return;
    if (socket instanceof Socket) handle(given.data, socket, take);
    else send({ kind: 'refused', id: given.data.id });
  });
  process.channel?.unref();
  return {
    onGiven: (taker) => {
      take = taker;
    },
  };
}
