/**
 * One port for all clients. The head gate reads the first request head of each connection, as it does
 * at an SCX (http/server/head-gate.ts): so both ports accept the same requests and refuse others with
 * the same sentences, and a TLS connection comes in again once it is decrypted. Encoders are taken
 * out, because node:http treats a body without a length as empty. All other connections go to
 * node:http.
 *
 * The bytes that were read are put back, for node:http in the only form that it accepts: lines that
 * end with CR LF, and a target whose bytes are escaped.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createHeadGate, type IncomingRequest } from '../../http/server/head-gate.js';
import { type RequestHead, strictHead } from '../../http/server/request-head.js';
import { sendAnswer, textAnswer } from '../../http/server/response.js';
import type { Tls } from '../../http/server/tls.js';

/** Limits of connections that have not sent a whole head. Guesses. */
const HEADS = { headMs: 10_000, pendingMax: 2048 } as const;
const GATE_TICK_MS = 1000;

/** What is published with PUT, which is also how encoders begin. */
const PUBLISHING = '/announcements/';

/** Whether only an encoder asks like this. */
export const isEncoder = ({ method, target }: RequestHead): boolean =>
  method === 'SOURCE' ||
  (method === 'PUT' && !target.startsWith(PUBLISHING)) ||
  (method === 'OPTIONS' && target === '*');

const PROBLEMS: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers of the request are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come in time.'],
};

/** Answers what node:http cannot read, unless an answer was already begun on that connection. */
function answerMalformed(server: Server): void {
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || (socket as Socket).bytesWritten > 0) return void socket.destroy();
    const [status, sentence] = PROBLEMS[code ?? ''] ?? [400, 'Malformed request.'];
    sendAnswer(socket as Socket, textAnswer(status, sentence));
  });
}

/**
 * Sorts the connections of a server: `onEncoder` gets those of encoders. Returns a function that
 * cuts off the connections whose kind is not known yet.
 */
export function sortConnections(
  server: Server,
  tls: Tls | undefined,
  onEncoder: (socket: Socket) => void,
): () => void {
  const [accept] = server.listeners('connection');
  if (accept === undefined) throw new Error('a server that does not accept');
  const onRequest = ({ socket, head, raw, rest }: IncomingRequest): void => {
    const isForEncoders = isEncoder(head);
    socket.unshift(isForEncoders ? raw : Buffer.concat([strictHead(raw), rest]));
    if (isForEncoders) onEncoder(socket);
    else accept.call(server, socket);
    socket.resume();
  };
  const gate = createHeadGate({ ...HEADS, secure: tls?.secure, onRequest }, () =>
    performance.now(),
  );
  const ticking = setInterval(() => gate.tick(performance.now()), GATE_TICK_MS).unref();
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => gate.enter(socket));
  tls?.onSecured((socket) => gate.enter(socket, true));
  answerMalformed(server);
  return () => {
    clearInterval(ticking);
    gate.closeAll();
  };
}
