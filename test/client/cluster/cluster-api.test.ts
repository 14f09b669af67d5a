import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attach } from '../../../src/client/cluster/attach.js';
import {
  findAnnouncement,
  listenUrl,
  publish,
  remove,
  status,
} from '../../../src/client/cluster/cluster-api.js';
import { EXIT } from '../../../src/lib/user-error.js';
import { nameInId } from '../../../src/session/session-id.js';
import { SESSION_KEY } from '../../session/signed.js';
import { SCX_ID, SESSION, type StandIn, startStandIn } from '../stand-in.js';

let standIn: StandIn;
beforeEach(async () => {
  standIn = await startStandIn();
});
afterEach(() => standIn.close());

const announcement = 'http://radio.example/night.xml';
const NAME = nameInId(SESSION);
const attachAt = (cluster: string) => attach({ cluster, announcement, role: 'source' });

async function serve(server: Server): Promise<{ url: string; close: () => void }> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

const session = {
  session: NAME,
  key: SESSION_KEY.publicKey,
  path: 'radio.example/night',
  title: null,
  listenUrl: 'http://x/listen/radio.example/night.mp3',
  announcementUrl: 'http://elsewhere.example/a.xml',
  kept: false,
  onAir: true,
  listeners: 1,
  sources: 1,
  scxs: [],
};
const statusBody = JSON.stringify({
  cluster: { url: 'http://c.example:8000', version: '1.0.0', startedAt: '2026-01-01T00:00:00Z' },
  sessions: [session],
});

describe('The address of listeners', () => {
  test('is that of the announcement, or of the session', () => {
    const cluster = 'http://a.example:8000';
    const byUrl = listenUrl(cluster, 'http://x.example/a b.xml?c=d&e');
    expect(byUrl.searchParams.get('announcement')).toBe('http://x.example/a b.xml?c=d&e');
    expect(byUrl.pathname).toBe('/listen');
    for (const name of [NAME, 'radio.example/night']) {
      expect(listenUrl(cluster, name).href).toBe(`${cluster}/listen/radio.example/night.mp3`);
    }
    expect(() => listenUrl(cluster, 'night')).toThrow(/not an announcement: give its URL/);
  });
});

describe('A client of a cluster', () => {
  test('receives the address of its SCX', async () => {
    expect(await attachAt(standIn.url)).toMatchObject({
      session: SESSION,
      scx: { id: SCX_ID },
      keepAliveMs: 200,
    });
  });

  test('reports that no cluster answers', async () => {
    const gone = await serve(createTcpServer());
    gone.close();
    await expect(attachAt(gone.url)).rejects.toMatchObject({
      exitCode: EXIT.unreachable,
      message: `no cluster answers at ${gone.url} (ECONNREFUSED): is it running there?`,
    });
  });

  test('reports that another server answers', async () => {
    const web = await serve(createServer((_request, response) => response.end('<html>hello')));
    const other = await serve(
      createTcpServer((socket) => socket.end('220 mail.example ESMTP\r\n')),
    );
    const message = (url: string) =>
      `the server at ${url} is not a Scattercast cluster: check the address and the port`;
    for (const { url, close } of [web, other]) {
      const exitCode = EXIT.unreachable;
      await expect(attachAt(url)).rejects.toMatchObject({ exitCode, message: message(url) });
      close();
    }
  });

  test('takes an SCX without a proper address for no answer of a cluster', async () => {
    const scx = { id: SCX_ID, httpUrl: 'http://x', overlayAddress: 'x:99999' };
    const body = JSON.stringify({
      ...{ session: SESSION, sources: [], scx, multicast: null, keepAliveMs: 1000 },
    });
    standIn.answers.set('POST /attach', { status: 200, body });
    await expect(attachAt(standIn.url)).rejects.toMatchObject({ exitCode: EXIT.unreachable });
  });

  test("reports a cluster's reason for a refusal in one line without control characters", async () => {
    const body = JSON.stringify({ status: 404, error: 'No\nsuch', problems: ['a', 'b\u001b[2J'] });
    standIn.answers.set('POST /attach', { status: 404, body });
    await expect(attachAt(standIn.url)).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message: 'the cluster says: No such a; b [2J',
    });
  });

  test('distinguishes a failure of a server that the cluster depends on from a refusal', async () => {
    const body = '{"error":"http://a.example/x cannot be fetched"}';
    standIn.answers.set('POST /attach', { status: 502, body });
    await expect(attachAt(standIn.url)).rejects.toMatchObject({ exitCode: EXIT.unreachable });
  });

  test('publishes and removes announcements', async () => {
    const line = '/announcements/radio.example/night.xml';
    const key = SESSION_KEY.publicKey;
    const answer = { url: 'http://x/a.xml', session: NAME, key, listen: 'http://x/l' };
    const body = JSON.stringify(answer);
    standIn.answers.set(`PUT ${line}`, { status: 201, body });
    standIn.answers.set(`DELETE ${line}`, { status: 204, body: '' });
    const { url } = await publish(standIn.url, 'radio.example/night', '<xml/>');
    expect(url).toBe('http://x/a.xml');
    await remove(standIn.url, 'radio.example/night');
    expect(standIn.requests).toEqual([
      { line: `PUT ${line}`, body: '<xml/>' },
      { line: `DELETE ${line}`, body: '' },
    ]);
  });

  test('reads the status, and keeps the document as it came', async () => {
    standIn.answers.set('GET /status', { status: 200, body: statusBody });
    const answer = await status(standIn.url);
    expect(answer.status.sessions[0]).toMatchObject({ session: NAME, listeners: 1 });
    expect(answer.raw).toEqual(JSON.parse(statusBody));
  });

  test('finds an announcement by its URL, its name, and its path', async () => {
    standIn.answers.set('GET /status', { status: 200, body: statusBody });
    const found = session.announcementUrl;
    expect(await findAnnouncement(standIn.url, announcement)).toBe(announcement);
    expect(await findAnnouncement(standIn.url, NAME)).toBe(found);
    expect(await findAnnouncement(standIn.url, 'radio.example/night')).toBe(found);
  });

  test('reports the known sessions when it asks for an unknown one', async () => {
    standIn.answers.set('GET /status', { status: 200, body: statusBody });
    await expect(findAnnouncement(standIn.url, 'radio.example/day')).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message: expect.stringContaining('it knows radio.example/night'),
    });
  });

  test('reports how to name an announcement when the name is malformed', async () => {
    await expect(findAnnouncement(standIn.url, 'night')).rejects.toMatchObject({
      exitCode: EXIT.usage,
    });
  });
});
