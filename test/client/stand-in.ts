/**
 * A cluster and an SCX for tests of the client. The front end answers from a table; the overlay
 * port speaks the wire protocol and records what it receives.
 */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Adu } from '../../src/gossamer/core/node.js';
import { createIdentity } from '../../src/overlay/tls/identity.js';
import { nodeIdOf } from '../../src/overlay/tls/node-id.js';
import { drawSigningKey } from '../../src/runtime/signing-key.js';
import type { ClientMessage } from '../../src/wire/client-message.js';
import { createDecoder, type WireEvent } from '../../src/wire/decoder.js';
import { encodeClientMessage, encodeHello, encodeRefusal } from '../../src/wire/encoder.js';
import { type ClientHello, type Hello, WIRE_VERSION } from '../../src/wire/hello.js';
import { adusIn } from '../../src/wire/lot-codec.js';
import { identity, STATION } from '../session/signed.js';

/** Between two KEEP_ALIVE messages, ms. */
export const KEEP_ALIVE_MS = 200;
export const SESSION = identity('scattercast://radio.example/night').id;
const KEY = drawSigningKey();
export const SCX_ID = nodeIdOf(KEY.publicKey);

/** How the SCX behaves on one connection. */
interface Manner {
  readonly refuse?: string;
  /** The refusal says that another attempt makes no sense. */
  readonly isFinal?: boolean;
  /** Does not answer HELLO. */
  readonly mute?: boolean;
  /** The number of KEEP_ALIVEs that are answered. */
  readonly answers?: number;
  readonly listeners?: number;
}

/** One connection of a client. */
interface Visit {
  readonly hello: ClientHello;
  readonly adus: readonly Adu[];
  readonly messages: readonly ClientMessage['kind'][];
  readonly ended: boolean;
  say(message: ClientMessage): void;
  /** Sends any frames. */
  send(...frames: Uint8Array[]): void;
  cut(): void;
}

/** The stand-in. `until` checks its condition whenever something has arrived. */
export interface StandIn {
  readonly url: string;
  /** Requests to the front end, `METHOD PATH`. */
  readonly requests: readonly { readonly line: string; readonly body: string }[];
  readonly visits: readonly Visit[];
  /** The behaviour on the next connections; the last one applies to all further ones. */
  manners: Manner[];
  /** Answers of the front end by `METHOD PATH`; instead of its own. */
  readonly answers: Map<string, { readonly status: number; readonly body: string }>;
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

const ownHello = (address: string): Hello =>
  ({
    ...{ version: WIRE_VERSION, session: SESSION, purpose: 'control', id: SCX_ID },
    ...{ address, incarnation: 1, rendezvous: false },
  }) as Hello;

/** Starts a stand-in on ports of its own. */
export async function startStandIn(): Promise<StandIn> {
  const visits: Visit[] = [];
  const requests: { line: string; body: string }[] = [];
  const answers: StandIn['answers'] = new Map();
  const sockets = new Set<Socket>();
  let waiting: { condition: () => boolean; resolve: () => void }[] = [];
  let overlayAddress = '';

  const onHeard = (): void => {
    for (const { condition, resolve } of waiting) if (condition()) resolve();
    waiting = waiting.filter(({ condition }) => !condition());
  };

  const receive = (socket: Socket, manner: Manner): void => {
    const decoder = createDecoder();
    const adus: Adu[] = [];
    const messages: ClientMessage['kind'][] = [];
    let ended = false;
    let answered = 0;
    const greet = (hello: Hello): void => {
      const say = (message: ClientMessage): void => void socket.write(encodeClientMessage(message));
      visits.push({
        hello: hello as ClientHello,
        adus,
        messages,
        get ended() {
          return ended;
        },
        say,
        send: (...frames) => void socket.write(Buffer.concat(frames)),
        cut: () => void socket.destroy(),
      });
      if (manner.refuse !== undefined) socket.end(encodeRefusal(manner.refuse, manner.isFinal));
      else if (manner.mute !== true) socket.write(encodeHello(ownHello(overlayAddress)));
    };
    const onMessage = (message: ClientMessage): void => {
      messages.push(message.kind);
      if (message.kind !== 'keepAlive' || answered++ >= (manner.answers ?? 1e9)) return;
      const { listeners = 0 } = manner;
      socket.write(encodeClientMessage({ kind: 'alive', listeners, scxListeners: 0 }));
    };
    const onEvent = (event: WireEvent): void => {
      if (event.kind === 'hello') greet(event.hello);
      else if (event.kind === 'lot') adus.push(...adusIn(event, event.lot));
      else if (event.kind === 'client') onMessage(event.message);
      else throw new Error(`the client sent ${JSON.stringify(event)}`);
    };
    socket.on('data', (chunk) => {
      decoder.push(chunk).forEach(onEvent);
      onHeard();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      ended = true;
      sockets.delete(socket);
      onHeard();
    });
  };

  const standIn: { manners: Manner[] } = { manners: [{}] };
  const overlay = createServer(createIdentity(KEY).options, (socket) => {
    sockets.add(socket);
    const manner = standIn.manners[0] ?? {};
    if (standIn.manners.length > 1) standIn.manners.shift();
    receive(socket, manner);
  });
  overlayAddress = `127.0.0.1:${await listen(overlay)}`;

  const attachment = {
    session: SESSION,
    sources: [STATION],
    scx: { id: SCX_ID, httpUrl: 'http://127.0.0.1:1', overlayAddress },
    multicast: null,
    // Three of these without an answer, and the SCX is taken for dead: a busy machine may stall for
    // two.
    keepAliveMs: KEEP_ALIVE_MS,
  };
  const http = createHttpServer(async (request, response) => {
    const line = `${request.method} ${request.url}`;
    requests.push({ line, body: await bodyOf(request) });
    const own = line === 'POST /attach' ? { status: 200, body: JSON.stringify(attachment) } : null;
    const { status, body } = answers.get(line) ?? own ?? { status: 404, body: 'not here' };
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    onHeard();
  });
  const url = `http://127.0.0.1:${await listen(http)}`;

  return Object.assign(standIn, {
    url,
    requests,
    visits,
    answers,
    until: (condition: () => boolean): Promise<void> =>
      condition()
        ? Promise.resolve()
        : new Promise<void>((resolve) => waiting.push({ condition, resolve })),
    close: async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      overlay.close();
      http.closeAllConnections();
      http.close();
      await Promise.all([once(overlay, 'close'), once(http, 'close')]);
    },
  });
}
