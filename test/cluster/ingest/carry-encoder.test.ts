/** Encoders that are carried from one SCX to the next; an SCX is a bare socket. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { carryEncoder } from '../../../src/cluster/ingest/carry-encoder.js';
import { connectTo } from '../../../src/cluster/ingest/connect-scx.js';
import { afterTest } from '../../after-test.js';
import { rawClient } from '../../scx/raw-client.js';

const host = '127.0.0.1';
const wait = { timeout: 20_000, interval: 5 };
const OK = 'HTTP/1.0 200 OK\r\n\r\n';

interface Accepted {
  readonly socket: Socket;
  text(): string;
}

async function openServer(reads: boolean) {
  const accepted: Accepted[] = [];
  const server = createServer({ pauseOnConnect: !reads, allowHalfOpen: true }, (socket) => {
    let text = '';
    const keep = (part: string): void => {
      text += part;
    };
    if (reads) socket.setEncoding('latin1').on('data', keep);
    accepted.push({ socket: socket.on('error', () => undefined), text: () => text });
  }).listen(0, host);
  await once(server, 'listening');
  afterTest(() => {
    for (const { socket } of accepted) socket.destroy();
    server.close();
  });
  const at = async (index: number): Promise<Accepted> => {
    await vi.waitUntil(() => accepted.length > index, wait);
    return accepted[index] as Accepted;
  };
  return { port: (server.address() as AddressInfo).port, at, count: () => accepted.length };
}

/** An encoder that has sent this head, the SCXs to which it is carried, and how often one was dialled. */
async function carry(head: string, isAnswered = true) {
  const [front, scxs] = [await openServer(false), await openServer(true)];
  const client = rawClient(front.port, '');
  afterTest(() => client.socket.destroy());
  const { socket } = await front.at(0);
  const first = await connectTo(host, scxs.port);
  if (first === undefined) throw new Error('there is no SCX');
  const dial = () => connectTo(host, scxs.port);
  carryEncoder({ socket, raw: Buffer.from(`${head}\r\n\r\n`), isAnswered, dial }, first);
  const bodyAt = async (index: number): Promise<string> => {
    const { text } = await scxs.at(index);
    await vi.waitUntil(() => text().includes('\r\n\r\n'), wait);
    return text().split('\r\n\r\n').slice(1).join('\r\n\r\n');
  };
  const hears = (index: number, what: string) =>
    vi.waitUntil(async () => (await bodyAt(index)) === what, wait);
  return { client, scxs, hears };
}

const SOURCE = 'SOURCE /night HTTP/1.0';
const PUT = 'PUT /night HTTP/1.1';

describe('An encoder whose SCX has gone', () => {
  test('is carried to the next one in the middle of a chunk, without framing', async () => {
    const head = `${PUT}\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue`;
    const { client, scxs, hears } = await carry(head);
    const { socket, text } = await scxs.at(0);
    socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('a\r\nfirst');
    await hears(0, 'a\r\nfirst');
    socket.resetAndDestroy();
    const next = await scxs.at(1);
    client.send(' half\r\n4\r\nmore\r\n');
    await hears(1, ' halfmore');
    expect(text()).toContain('Transfer-Encoding');
    expect(next.text()).not.toMatch(/transfer-encoding|expect/i);
    client.send('0\r\n\r\n');
    await once(next.socket, 'end');
    next.socket.end('HTTP/1.1 200 OK\r\n\r\nAll came.');
    await client.closed;
    expect(client.text()).toMatch(
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n\r\nAll came\.$/,
    );
  });

  test('waits while an SCX leaves or dies at once, and hears nothing of it', async () => {
    const { client, scxs, hears } = await carry(SOURCE);
    (await scxs.at(0)).socket.write(OK);
    await vi.waitUntil(() => client.text() === OK, wait);
    (await scxs.at(0)).socket.end(); // it leaves, and the next SCX takes its encoders
    (await scxs.at(1)).socket.end('HTTP/1.1 403 This relay is leaving\r\nRetry-After: 1\r\n\r\n');
    (await scxs.at(2)).socket.resetAndDestroy();
    (await scxs.at(3)).socket.write(OK);
    client.send('sound');
    await hears(3, 'sound');
    expect(client.text()).toBe(OK);
  });

  test('is let go when the next one refuses it', async () => {
    const { client, scxs } = await carry(SOURCE);
    (await scxs.at(0)).socket.end(OK);
    (await scxs.at(1)).socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    await client.closed;
    expect(scxs.count()).toBe(2);
    expect(client.text()).toBe(OK);
  });

  test('ends at the next one as well when it leaves', async () => {
    const { client, scxs } = await carry(SOURCE, false);
    (await scxs.at(0)).socket.resetAndDestroy();
    const { socket } = await scxs.at(1);
    client.socket.destroy();
    await once(socket, 'end');
    expect(scxs.count()).toBe(2);
  });
});

describe('An encoder whose SCX objects to it', () => {
  test.each([
    ['after its beginning', `${OK}HTTP/1.1 403 Ended by an administrator\r\n\r\n`, OK],
    ['before', 'HTTP/1.1 401 Unauthorized\r\n\r\n', 'HTTP/1.1 401 Unauthorized\r\n\r\n'],
  ])('%s is not brought to another one', async (_when, answer, told) => {
    const { client, scxs } = await carry(SOURCE);
    const [greeting = '', last = ''] = answer.split(/(?<=200 OK\r\n\r\n)/);
    const { socket } = await scxs.at(0);
    socket.write(greeting);
    await vi.waitUntil(() => client.text() === greeting, wait);
    socket.end(last);
    await client.closed;
    expect([scxs.count(), client.text()]).toEqual([1, told]);
  });
});
