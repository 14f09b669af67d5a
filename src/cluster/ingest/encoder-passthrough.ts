/**
 * Source clients at the front end. They take any redirect for a failed login, so their connections go
 * through us to the session's SCX, byte by byte: it asks for the password and says what Icecast would say.
 * We read the head, to know which session it is, and write it anew with the client's address in it:
 * who guesses passwords is slowed down by its own address, and is not on this machine because we are.
 *
 * Bounded: FEEDS_MAX connections to SCXs, under way or there, and FEEDS_PER_ADDRESS_MAX of one address, so that
 * nobody keeps the encoders of others out; heads as at any headGate (scx/headGate.ts).
 */
import { connect, type Socket } from 'node:net';
import { isLoopback, limitedAs } from '../../http/ip-address.js';
import { clientAddress, trustIn } from '../../http/server/client-address.js';
import { createHeadGate, type IncomingRequest } from '../../http/server/head-gate.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { sendAnswer, textAnswer } from '../../http/server/response.js';
import { mountOf } from '../../icecast/mount.js';
import type { SessionName } from '../../session/session-name.js';
import type { FrontEndContext } from '../front-end-context.js';
import { type Found, found, missing, type Problem, problem } from '../web/problem.js';
import { splice } from './join-sockets.js';
import { feedableScx, sessionAt } from './session-of-mount.js';

/** What a source client asks for, on its way to an SCX. */
interface Feed {
  readonly socket: Socket;
  /** The client's. */
  readonly address: string;
  /** The head without its first line and what we say ourselves. */
  readonly headers: ReadonlyMap<string, string>;
  readonly method: string;
  readonly protocol: string;
  /** `?priority=50`, or nothing. */
  readonly query: string;
  readonly rest: Uint8Array;
}

/** The source clients of a front end. */
export interface FrontIngest {
  /** A connection that begins like a source client's. */
  enter(socket: Socket): void;
  /** Connects to the session's SCX and says what the client said; or tells why that cannot be. */
  connect(feed: Feed, name: SessionName): Promise<Found<Socket>>;
  /** Cuts all off. */
  close(): void;
}

/** Guess: as many as a cluster has SCXs, a few times over. */
const FEEDS_MAX = 256;
/** Guess: the programmes of a large station. */
const FEEDS_PER_ADDRESS_MAX = 32;
const HEAD_MS = 10_000;
const CARE_MS = 1000;
const CONNECT_MS = 5000;
const ALLOW = { Allow: 'GET, PUT, OPTIONS, SOURCE' };
const OURS: readonly string[] = ['x-forwarded-for', 'forwarded', 'connection'];

const BUSY = problem(503, 'Too many source clients are connected to this cluster.');
const YOURS = problem(
  503,
  'Too many source clients of your address are connected to this cluster.',
);
const LOST = problem(502, "The session's SCX does not answer; try again.");
const NO_MOUNT = problem(404, 'Feed a session at /CREATOR/SESSION.');

/** The head as the SCX reads it. */
function headBytes(feed: Feed, name: SessionName): Buffer {
  const own = [...feed.headers].filter(([key]) => !OURS.includes(key));
  const lines = [
    `${feed.method} ${mountOf(name)}${feed.query} ${feed.protocol}`,
    ...own.map(([key, value]) => `${key}: ${value}`),
    `x-forwarded-for: ${feed.address}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** A connection to an SCX; undefined if it does not answer. */
function reach(host: string, port: number): Promise<Socket | undefined> {
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

/** Counts the connections to SCXs, by whom they are. */
function createFeedCount() {
  let taken = 0;
  const byAddress = new Map<string, number>();
  return {
    /** Why there is none for this address; undefined: it has got one. */
    take: (address: string): Problem | undefined => {
      const key = limitedAs(address);
      const own = byAddress.get(key) ?? 0;
      if (taken >= FEEDS_MAX) return BUSY;
      if (own >= FEEDS_PER_ADDRESS_MAX && !isLoopback(address)) return YOURS;
      taken++;
      byAddress.set(key, own + 1);
      return undefined;
    },
    giveBack: (address: string): void => {
      const key = limitedAs(address);
      const left = (byAddress.get(key) ?? 0) - 1;
      taken--;
      if (left > 0) byAddress.set(key, left);
      else byAddress.delete(key);
    },
  };
}

const queryOf = ({ target }: RequestHead): string => /\?[^#]*/.exec(target)?.[0] ?? '';

/** No source client yet; SCXs are reached at `scxHost`. */
export function createFrontIngest(context: FrontEndContext, scxHost: string): FrontIngest {
  const { log, mounts } = context;
  const trust = trustIn(context.trustedProxies);
  const sockets = new Set<Socket>();
  /** Those that wait for a connection, too. */
  const feeds = createFeedCount();

  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };

  const dial = async (name: SessionName): Promise<Found<Socket>> => {
    const scx = await feedableScx(context, name);
    if (scx.kind === 'problem') return scx;
    const upstream = await reach(scxHost, Number(new URL(scx.value.httpUrl).port));
    return upstream === undefined ? missing(LOST) : found(upstream);
  };

  const through = async (feed: Feed, name: SessionName): Promise<Found<Socket>> => {
    const refusal = feeds.take(feed.address);
    if (refusal !== undefined) return missing(refusal);
    const dialled = await dial(name);
    if (dialled.kind === 'problem') {
      feeds.giveBack(feed.address);
      return dialled;
    }
    const upstream = dialled.value;
    keep(upstream);
    upstream.once('close', () => feeds.giveBack(feed.address));
    upstream.write(Buffer.concat([headBytes(feed, name), feed.rest]));
    log.info({ session: name.text, address: feed.address }, 'a source client is passed through');
    return dialled;
  };

  const onRequest = async ({ socket, head, rest }: IncomingRequest): Promise<void> => {
    const { method, protocol, headers, target } = head;
    if (method === 'OPTIONS') {
      return void sendAnswer(socket, { status: 204, body: '', fields: ALLOW });
    }
    const forwarded = headers.get('x-forwarded-for');
    const address = clientAddress(socket.remoteAddress ?? '', forwarded, trust);
    const feed = { socket, address, headers, method, protocol, query: queryOf(head), rest };
    const name = sessionAt(mounts, target);
    const reached = name === undefined ? missing(NO_MOUNT) : await through(feed, name);
    if (reached.kind === 'found') return splice(socket, reached.value);
    const { status, message, retryAfter } = reached.problem;
    const fields = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
    sendAnswer(socket, textAnswer(status, message, fields));
  };

  const headGate = createHeadGate(
    {
      headMs: HEAD_MS,
      pendingMax: FEEDS_MAX,
      secure: undefined,
      onRequest: (visitor) => void onRequest(visitor),
    },
    () => performance.now(),
  );
  const caring = setInterval(() => headGate.tick(performance.now()), CARE_MS);
  caring.unref();

  return {
    enter: (socket) => {
      keep(socket);
      headGate.enter(socket);
    },
    connect: through,
    close: () => {
      clearInterval(caring);
      for (const socket of sockets) socket.destroy();
    },
  };
}
