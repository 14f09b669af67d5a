/**
 * Serves what is received to players of this machine at `http://localhost:PORT/`, with titles for those
 * that ask for them, as a server of Icecast does. A player that comes hears the last seconds at once. The
 * port is open on the loopback addresses only.
 *
 * Bounded: PLAYERS_MAX players; BURST_MS of sound; what waits for a player that does not read.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ICY_INTERVAL_BYTES,
  icyBlock,
  icyStart,
  insertTitles,
} from '../../../icecast/icy-metadata.js';
import { EXIT, systemReason, UserError } from '../../../lib/user-error.js';
import { createLeadIn } from '../../../mp3/frames/lead-in.js';
import { createLatch } from '../../../runtime/latch.js';
import type { Output, SoundFrame } from './output.js';

/** An output to local players. */
export interface LocalServer extends Output {
  readonly url: string;
}

export interface LocalServerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** What players show as the stream's name. */
  readonly title: string;
}

const PLAYERS_MAX = 32;
/** As an SCX sends a new player at once, ms. */
const BURST_MS = 4000;
/** A minute at 128 kbit/s: a player that is further behind has stopped. Guess. */
const WAITING_BYTES_MAX = 2 ** 20;
/** Names of this machine: a page of another site that has made its name lead here is refused. */
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** One player: what writes a frame to it. */
type Player = (frame: SoundFrame) => void;

function headersFor(title: string, wantsTitles: boolean): Record<string, string> {
  return {
    'Content-Type': 'audio/mpeg',
    'Cache-Control': 'no-store',
    Connection: 'close',
    'icy-name': title.replace(/[^\x20-\x7e]/g, '?'),
    ...(wantsTitles ? { 'icy-metaint': `${ICY_INTERVAL_BYTES}` } : {}),
  };
}

/** Begins to play to a player; it hears what has gone before. */
function createPlayer(response: ServerResponse, wantsTitles: boolean): Player {
  const position = icyStart();
  return ({ bytes, title }) => {
    if (response.writableLength > WAITING_BYTES_MAX) return void response.destroy();
    if (!wantsTitles) return void response.write(bytes);
    const audio = { bytes, titles: [{ at: 0, title }] };
    for (const part of insertTitles(position, audio, icyBlock)) response.write(part);
  };
}

/** The problem of a request; undefined: it is answered with the stream. */
function refusalOf(
  request: IncomingMessage,
  players: number,
): readonly [number, string] | undefined {
  if (!LOCAL.test(request.headers.host ?? '')) return [403, 'Only for this machine.'];
  if (request.method !== 'GET' && request.method !== 'HEAD') return [405, 'Only GET.'];
  return players < PLAYERS_MAX ? undefined : [503, 'Too many players.'];
}

/** Opens the port. Rejects with a UserError when it is taken. */
export async function openLocalServer({ port, title }: LocalServerOptions): Promise<LocalServer> {
  const players = new Map<ServerResponse, Player>();
  const recent: SoundFrame[] = [];
  let recentMs = 0;

  const keep = (frame: SoundFrame): void => {
    recent.push(frame);
    recentMs += frame.durationMs;
    while (recentMs - (recent[0]?.durationMs ?? 0) >= BURST_MS) {
      recentMs -= recent.shift()?.durationMs ?? 0;
    }
  };

  const server = createServer((request, response) => {
    const refusal = refusalOf(request, players.size);
    if (refusal !== undefined) {
      response.writeHead(refusal[0], { 'Content-Type': 'text/plain' }).end(`${refusal[1]}\n`);
      return;
    }
    const wantsTitles = request.headers['icy-metadata'] === '1';
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, headersFor(title, wantsTitles));
    if (request.method === 'HEAD') return void response.end();
    response.on('close', () => players.delete(response)).on('error', () => undefined);
    response.flushHeaders();
    const player = createPlayer(response, wantsTitles);
    const leadIn = createLeadIn();
    for (const frame of recent) player({ ...frame, bytes: leadIn(frame.bytes) });
    players.set(response, player);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const why = systemReason(error) ?? error.message;
      reject(new UserError(EXIT.bind, `cannot serve at port ${port} of this machine: ${why}`));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    onFrame: (frame) => {
      keep(frame);
      for (const player of players.values()) player(frame);
      return undefined;
    },
    onAdu: () => undefined,
    ended: createLatch().promise,
    end: async () => {
      const closed = new Promise((done) => server.close(done));
      for (const response of players.keys()) response.end();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), 500);
      await closed;
      clearTimeout(timer);
    },
  };
}
