import type { LookupAddress } from 'node:dns';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { classifyAddress } from '../../../src/http/client/address-rules.js';
import { type Fetched, guardedFetch } from '../../../src/http/client/guarded-fetch.js';
import { FetchProblem } from '../../../src/http/client/guarded-request.js';

type Answer = (error: Error | null, found: LookupAddress[]) => void;

/** What the DNS answers in these tests, one answer after the other; the last one stays. */
const zone = vi.hoisted(() => new Map<string, string[][]>());
const asked = vi.hoisted((): string[] => []);

vi.mock('node:dns', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:dns')>()),
  lookup: (host: string, _options: object, answer: Answer) => {
    asked.push(host);
    const answers = zone.get(host) ?? [];
    const found = answers.length > 1 ? answers.shift() : answers[0];
    const addresses = (found ?? []).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    const error = Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    if (host !== 'silent.test') answer(found === undefined ? error : null, addresses);
  },
}));

const open: { server: Server; sockets: Set<Socket> }[] = [];

beforeEach(() => {
  zone.clear();
  asked.length = 0;
});

afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  }
});

/** Listens on a free port of the loopback interface; answers the base of its URLs. */
async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => void sockets.add(socket));
  open.push({ server, sockets });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (listener: RequestListener): Promise<string> => listen(createHttpServer(listener));

/** A server that writes these bytes to every connection, whatever is asked. */
const serveRaw = (text: string): Promise<string> =>
  listen(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(text));
    }),
  );

const home = { allowPrivate: true };
const away = { allowPrivate: false };

/** The problem that a fetch ends with. */
async function problemOf(fetching: Promise<Fetched>): Promise<FetchProblem> {
  const end = await fetching.catch((problem: unknown) => problem);
  expect(end).toBeInstanceOf(FetchProblem);
  return end as FetchProblem;
}

const kindOf = async (fetching: Promise<Fetched>): Promise<string> =>
  (await problemOf(fetching)).kind;

describe('A guarded fetch', () => {
  test('brings the document, its type and the URL that it was found at', async () => {
    const base = await serve((_request, response) => {
      response.setHeader('content-type', 'application/xml');
      response.end('\ufeff<grüezi/>');
    });
    expect(await guardedFetch(`${base}/a?b#c`, home)).toEqual({
      headers: expect.objectContaining({ 'content-type': 'application/xml' }),
      url: `${base}/a?b#c`,
      status: 200,
      body: '<grüezi/>',
      contentType: 'application/xml',
    });
  });

  test('asks for the accepted type and for no compression', async () => {
    const base = await serve((request, response) => {
      response.end(
        `${request.method} ${request.headers.accept} ${request.headers['accept-encoding']}`,
      );
    });
    const { body } = await guardedFetch(base, { ...home, accept: 'text/xml' });
    expect(body).toBe('GET text/xml identity');
  });

  test('puts a character together that arrives in two pieces', async () => {
    const [first, second] = [Buffer.from([0xc3]), Buffer.from([0xbc])];
    const base = await serve((_request, response) => {
      response.write(first, () => response.end(second));
    });
    expect((await guardedFetch(base, home)).body).toBe('ü');
  });
});

describe('A guarded fetch refuses a URL', () => {
  test.each([
    ['', 'is not a URL'],
    ['radio.example', 'is not a URL'],
    ['http://', 'is not a URL'],
    ['http://a:99999/', 'is not a URL'],
    ['http://[::1/', 'is not a URL'],
    ['file:///etc/passwd', 'must begin with http'],
    ['ftp://radio.example/', 'must begin with http'],
    ['data:text/plain,x', 'must begin with http'],
    ['javascript:alert(1)', 'must begin with http'],
    ['http://user@radio.example/', 'user or a password'],
    ['http://:secret@radio.example/', 'user or a password'],
    [`http://radio.example/${'x'.repeat(2048)}`, 'more than 2048'],
  ])('%j', async (url, why) => {
    const problem = await problemOf(guardedFetch(url, home));
    expect(problem).toMatchObject({ kind: 'badUrl', message: expect.stringContaining(why) });
    expect(problem.message.length).toBeLessThan(200);
  });
});

describe('A guarded fetch refuses an address', () => {
  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://１２７.0.0.1/',
    'http://127.0.0.1./',
    'http://0/',
    'http://0.0.0.0/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::]/',
    'http://[::1]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:8.8.8.8]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://[64:ff9b:1::1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:4136:e378::1]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fd12:3456::1]/',
    'http://[ff02::1]/',
    'https://10.0.0.1/',
  ])('%s', async (url) => {
    expect(await kindOf(guardedFetch(url, away))).toBe('privateAddress');
  });

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
    'http://[fe80::a9fe:a9fe]/',
  ])('%s even where private addresses are allowed', async (url) => {
    expect(await kindOf(guardedFetch(url, home))).toBe('privateAddress');
  });

  test.each([
    ['public', '1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255'],
    ['public', '128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0'],
    ['public', '192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255'],
    ['public', '2001:200:: 2003:: 2606:4700::1111 3ffe:ffff:: 3fff:1000::'],
    ['private', '10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.255.255.255'],
    ['private', '172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 ::1 fc00:: fdff:ffff::'],
    ['forbidden', '0.0.0.0 0.255.255.255 169.254.0.0 169.254.255.255 192.0.0.255 192.0.2.255'],
    ['forbidden', '198.18.0.0 198.19.255.255 224.0.0.0 239.255.255.255 240.0.0.0'],
    ['forbidden', ':: ::2 ::ffff:1.1.1.1 64:ff9b::1.1.1.1 100::1 1fff:: 2001:: 2001:1ff::'],
    ['forbidden', '2001:db8::1 2002:: 2002:ffff:: 3fff:fff:: 4000:: fe80::1%eth0 febf:: ff00::'],
    ['forbidden', 'radio.example 1.2.3 1.2.3.4.5 [::1]'],
  ])('by class: %s are %s', (expected, addresses) => {
    for (const address of addresses.split(' ')) {
      expect([address, classifyAddress(address)]).toEqual([address, expected]);
    }
  });
});

describe('A guarded fetch checks what the DNS answers', () => {
  test('and refuses a name of a private address', async () => {
    zone.set('inside.test', [['10.1.2.3', '::1', '169.254.169.254']]);
    const problem = await problemOf(guardedFetch('http://inside.test/', away));
    expect(problem.kind).toBe('privateAddress');
    expect(problem.message).toBe('"inside.test" is not at a public address');
  });

  test('and refuses a name of link-local addresses even where private ones are allowed', async () => {
    zone.set('metadata.test', [['169.254.169.254', 'fe80::1%eth0']]);
    expect(await kindOf(guardedFetch('http://metadata.test/', home))).toBe('privateAddress');
  });

  test('and connects to the allowed ones among the addresses only', async () => {
    const base = await serve((request, response) => void response.end(request.headers.host));
    zone.set('mixed.test', [['169.254.169.254', '127.0.0.1']]);
    const { body } = await guardedFetch(base.replace('127.0.0.1', 'mixed.test'), home);
    expect(body).toMatch(/^mixed\.test:/);
  });

  test('and connects to the address that it checked, asking once', async () => {
    const base = await serve((_request, response) => void response.end('inside'));
    zone.set('rebinding.test', [['127.0.0.1'], ['169.254.169.254']]);
    const { body } = await guardedFetch(base.replace('127.0.0.1', 'rebinding.test'), home);
    expect([body, asked]).toEqual(['inside', ['rebinding.test']]);
  });

  test('and checks again on the next fetch, without a connection kept from the last', async () => {
    const base = await serve((_request, response) => void response.end('inside'));
    const url = base.replace('127.0.0.1', 'rebinding.test');
    zone.set('rebinding.test', [['127.0.0.1'], ['10.0.0.1']]);
    await guardedFetch(url, home);
    expect(await kindOf(guardedFetch(url, away))).toBe('privateAddress');
  });

  test('and names the host that does not exist', async () => {
    const problem = await problemOf(guardedFetch('http://nowhere.test/', away));
    expect(problem.kind).toBe('unreachable');
    expect(problem.message).toBe('"http://nowhere.test/" cannot be fetched (ENOTFOUND)');
  });

  test('and waits for it no longer than the whole timeout', async () => {
    const fetching = guardedFetch('http://silent.test/', { ...home, timeoutMs: 50 });
    expect(await kindOf(fetching)).toBe('timeout');
  });
});

describe('A guarded fetch follows redirects', () => {
  const redirect = (response: ServerResponse, location: string, status = 302): void => {
    response.writeHead(status, { location }).end('moved');
  };
  /** /3 leads to /2, to /1, to /0, which is the document. */
  const countdown = (request: IncomingMessage, response: ServerResponse): void => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end('there');
    else redirect(response, `${left - 1}`, [301, 302, 303, 307, 308][left % 5]);
  };

  test('three times, also relative ones', async () => {
    const base = await serve(countdown);
    expect(await guardedFetch(`${base}/3`, home)).toMatchObject({
      body: 'there',
      url: `${base}/0`,
    });
  });

  test('and not four times', async () => {
    const base = await serve(countdown);
    expect(await kindOf(guardedFetch(`${base}/4`, home))).toBe('tooManyRedirects');
    const none = { ...home, redirectsMax: 0 };
    expect(await kindOf(guardedFetch(`${base}/1`, none))).toBe('tooManyRedirects');
    expect((await guardedFetch(`${base}/0`, none)).body).toBe('there');
  });

  test.each([
    ['http://169.254.169.254/', 'privateAddress'],
    ['http://[::ffff:169.254.169.254]/', 'privateAddress'],
    ['//metadata.test/', 'privateAddress'],
    ['file:///etc/passwd', 'badUrl'],
    ['http://user:secret@127.0.0.1/', 'badUrl'],
    ['http://', 'badUrl'],
  ])('but checks each of them again: %s', async (location, kind) => {
    zone.set('metadata.test', [['169.254.169.254']]);
    const base = await serve((_request, response) => redirect(response, location));
    expect(await kindOf(guardedFetch(base, home))).toBe(kind);
  });

  test('but not without a location', async () => {
    const base = await serve((_request, response) => void response.writeHead(302).end());
    expect(await kindOf(guardedFetch(base, home))).toBe('status');
  });
});

describe('A guarded fetch gives up', () => {
  test.each([300, 304, 400, 404, 500])('on the status %i', async (status) => {
    const base = await serve((_request, response) => void response.writeHead(status).end());
    const problem = await problemOf(guardedFetch(base, home));
    expect(problem).toMatchObject({
      kind: 'status',
      message: expect.stringContaining(`${status}`),
    });
  });

  test('on a body that its length says is too large', async () => {
    const base = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 101 });
      response.flushHeaders();
    });
    expect(await kindOf(guardedFetch(base, { ...home, bytesMax: 100 }))).toBe('tooLarge');
  });

  test('on a body that never ends, and closes the connection', async () => {
    let closed = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const base = await serve((_request, response) => {
      const pour = (): void => void response.write('x'.repeat(16384), pour);
      response.on('close', closed).on('error', () => undefined);
      pour();
    });
    expect(await kindOf(guardedFetch(base, home))).toBe('tooLarge');
    await gone;
  });

  test('not before a body is larger than allowed', async () => {
    const base = await serve((_request, response) => {
      response.write('x'.repeat(50));
      response.end('x'.repeat(50));
    });
    const fetched = await guardedFetch(base, { ...home, bytesMax: 100 });
    expect(fetched.body).toHaveLength(100);
    expect(await kindOf(guardedFetch(base, { ...home, bytesMax: 99 }))).toBe('tooLarge');
  });

  test('on the connection as soon as the headers decide', async () => {
    const statuses = [404, 302, 200];
    let left = statuses.length;
    let closeAll = (): void => undefined;
    const allClosed = new Promise<void>((resolve) => {
      closeAll = resolve;
    });
    const base = await serve((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, { location: 'file:///', 'content-encoding': 'gzip' });
      response.flushHeaders();
      response.on('close', () => --left === 0 && closeAll());
    });
    const kinds = statuses.map((status) => kindOf(guardedFetch(`${base}/${status}`, home)));
    expect(await Promise.all(kinds)).toEqual(['status', 'badUrl', 'encoding']);
    await allClosed;
  });

  test('on what follows after the announced length, and keeps the rest', async () => {
    const base = await serveRaw(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${'x'.repeat(999)}`);
    expect((await guardedFetch(base, { ...home, bytesMax: 100 })).body).toBe('xxxxx');
  });

  test.each([
    ['a body that breaks off', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx'],
    ['a chunk that breaks off', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx'],
    ['an answer that is not HTTP', 'ICY 200 OK\r\n\r\n'],
    ['no answer', ''],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(9999)}\r\n`],
  ])('on %s', async (_, text) => {
    const base = await serveRaw(text);
    expect(await kindOf(guardedFetch(base, home))).toBe('unreachable');
  });

  test('on a server that changes the protocol', async () => {
    const base = await serveRaw(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    );
    expect(await kindOf(guardedFetch(base, home))).toBe('status');
  });

  test('on a port without a server', async () => {
    const base = await serve(() => undefined);
    await new Promise((closed) => open.splice(0)[0]?.server.close(closed));
    expect(await problemOf(guardedFetch(base, home))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('on https where http is spoken', async () => {
    const base = await serve((_request, response) => void response.end());
    const url = base.replace('http:', 'https:');
    expect(await kindOf(guardedFetch(url, home))).toBe('unreachable');
  });

  test('on a compressed body', async () => {
    const base = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1e6)));
    });
    expect(await kindOf(guardedFetch(base, home))).toBe('encoding');
  });

  test('on a body that is not UTF-8', async () => {
    const base = await serve((_request, response) => {
      response.end(Buffer.from([0x61, 0xfc, 0x62]));
    });
    expect(await kindOf(guardedFetch(base, home))).toBe('encoding');
  });
});

describe('A guarded fetch takes no longer than its timeout', () => {
  const brief = { ...home, timeoutMs: 100 };

  test('with a server that accepts and says nothing', async () => {
    const base = await serve(() => undefined);
    const problem = await problemOf(guardedFetch(base, brief));
    expect(problem.kind).toBe('timeout');
    expect(problem.message).toContain('took longer than 0.1 s');
  });

  test('with headers that drip', async () => {
    const base = await listen(
      createServer((socket) => {
        socket.on('error', () => undefined).write('HTTP/1.1 200 OK\r\n');
        const drip = setInterval(() => void socket.write('x: y\r\n'), 10);
        socket.on('close', () => clearInterval(drip));
      }),
    );
    expect(await kindOf(guardedFetch(base, brief))).toBe('timeout');
  });

  test('with a body that drips', async () => {
    const base = await serve((_request, response) => {
      const drip = setInterval(() => void response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    expect(await kindOf(guardedFetch(base, brief))).toBe('timeout');
  });

  test('over all redirects together', async () => {
    const base = await serve((_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/' }).end(), 40);
    });
    const endless = { ...brief, redirectsMax: 1000 };
    expect(await kindOf(guardedFetch(base, endless))).toBe('timeout');
  });
});
