/**
 * What bad clients do to a server, by mistake or on purpose. Each attack keeps a number of
 * connections busy until it is ended, and counts the answers that it gets. The gate uses them in
 * small, and `npm run bench -- abuse` in full. All come from one machine, which has no limits;
 * X-Forwarded-For, which the SCX believes there, makes them some hundred strangers.
 */
import { connect, type Socket } from 'node:net';

/** The stream that is attacked, and how hard. */
interface Target {
  readonly url: URL;
  /**
   * Connections at a time of an attack that holds them; one that makes short requests uses a
   * twentieth.
   */
  readonly count: number;
}

/** An attack that is under way. */
export interface Assault {
  /** How often each status was answered; "none": closed without one. */
  answers(): Readonly<Record<string, number>>;
  end(): void;
}

export type Attack = (target: Target) => Assault;

/** What one connection does; the number tells it apart from the others. */
type Part = (socket: Socket, number: number) => void;

interface Style {
  readonly at: Target;
  readonly connections: number;
  /** From the end of a connection to the next one, ms. */
  readonly againMs: number;
  readonly part: Part;
  /** Whether the socket's buffers hold one byte, so that it reads slowly. */
  readonly sips?: boolean;
}

const HOLD_AGAIN_MS = 1000;
const TALK_AGAIN_MS = 5;
const SIP_MS = 1000;
/** A short request is given up after this, ms. */
const PATIENCE_MS = 15_000;
const TALKERS_SHARE = 20;

/** Keeps connections busy: when one ends, another one begins. */
function besiege({ at, connections, againMs, part, sips = false }: Style): Assault {
  const answers: Record<string, number> = {};
  const sockets = new Set<Socket>(); // as many as there are connections
  let number = 0;
  let isOver = false;
  const note = (status: string): void => {
    answers[status] = (answers[status] ?? 0) + 1;
  };

  const open = (): void => {
    if (isOver) return;
    let isAnswered = false;
    const hear = (bytes: Uint8Array): void => {
      if (isAnswered || sips) return;
      isAnswered = true;
      note(/^HTTP\/1\.\d (\d{3})/.exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? 'odd');
    };
    const onread = { buffer: Buffer.alloc(1), callback: () => false };
    const address = { host: at.url.hostname, port: Number(at.url.port) };
    const socket = connect(sips ? { ...address, onread } : address);
    sockets.add(socket);
    part(socket, number++);
    if (!sips && !socket.isPaused()) socket.on('data', hear);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      if (!isAnswered && !sips && !isOver) note('none');
      setTimeout(open, againMs);
    });
  };

  const sipping =
    sips && setInterval(() => sockets.forEach((socket) => void socket.resume()), SIP_MS);
  for (let i = 0; i < connections; i++) open();
  return {
    answers: () => answers,
    end: () => {
      isOver = true;
      if (sipping !== false) clearInterval(sipping);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Addresses that the attackers claim; requests for pages claim fewer of them (RFC 5737). */
const STRANGERS = 200;
const READERS = 10;

const stranger = (number: number): string => `203.0.113.${(number % STRANGERS) + 1}`;

const requestOf = (target: string, from: string, headers = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: attack.example\r\nX-Forwarded-For: ${from}\r\n${headers}\r\n`;

/** Holds connections to the stream. */
const hold = (part: (at: Target) => Part, sips = false): Attack => {
  return (at) =>
    besiege({ at, connections: at.count, againMs: HOLD_AGAIN_MS, part: part(at), sips });
};

/** Sends something, waits for the first bytes of the answer, and comes again. */
const say = (text: (path: string, from: string, number: number) => string): Attack => {
  return (at) => {
    const part: Part = (socket, number) => {
      socket.setTimeout(PATIENCE_MS, () => socket.destroy());
      socket.write(text(at.url.pathname, stranger(number), number));
      socket.once('data', () => socket.end());
      // The answer may be the stream.
      socket.once('data', () => setImmediate(() => socket.destroy()));
    };
    const connections = Math.ceil(at.count / TALKERS_SHARE);
    return besiege({ at, connections, againMs: TALK_AGAIN_MS, part });
  };
};

const headers = (count: number): string =>
  Array.from({ length: count }, (_, i) => `X-${i}: a\r\n`).join('');

const TRAVERSALS = ['/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '/%00', '/%', '/a/../..'];

/** Resets the connection after a time that differs from client to client, some in mid-request. */
const resetAtRandom: Attack = (at) => {
  const part: Part = (socket, number) => {
    const whole = requestOf(at.url.pathname, stranger(number));
    socket.write(number % 3 === 0 ? whole.slice(0, number % whole.length) : whole);
    socket.resume();
    setTimeout(() => socket.resetAndDestroy(), (number * 7919) % 400);
  };
  const connections = Math.ceil(at.count / 5);
  return besiege({ at, connections, againMs: TALK_AGAIN_MS, part });
};

/** Requests the status again as soon as it has come, more often than the rate limit allows. */
const askForStatus: Attack = (at) => {
  const part: Part = (socket, number) => {
    const request = requestOf('/status', stranger(number % READERS));
    socket.write(request);
    socket.on('data', () => socket.write(request));
  };
  const connections = Math.ceil(at.count / TALKERS_SHARE);
  return besiege({ at, connections, againMs: TALK_AGAIN_MS, part });
};

export const ATTACKS = {
  'read nothing': hold((at) => (socket, number) => {
    socket.pause();
    socket.write(requestOf(at.url.pathname, stranger(number)));
  }),
  'read 1 byte/s': hold(
    (at) => (socket, number) => void socket.write(requestOf(at.url.pathname, stranger(number))),
    true,
  ),
  'half a request': hold((at) => (socket, number) => {
    socket.write(requestOf(at.url.pathname, stranger(number)).slice(0, -3));
  }),
  '64 KiB of headers': say((path, from) => requestOf(path, from, `X-A: ${'a'.repeat(65_536)}\r\n`)),
  '33 headers': say((path, from) => requestOf(path, from, headers(31))),
  '10,000 headers': say((path, from) => requestOf(path, from, headers(10_000))),
  '1 MiB request line': say((path, from) => requestOf(`${path}?${'a'.repeat(1024 * 1024)}`, from)),
  'paths upwards': say((_, from, number) =>
    requestOf(TRAVERSALS[number % TRAVERSALS.length] as string, from),
  ),
  'reset at random': resetAtRandom,
  'ask for /status': askForStatus,
} as const satisfies Readonly<Record<string, Attack>>;

export type AttackName = keyof typeof ATTACKS;
