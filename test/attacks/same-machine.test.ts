/**
 * Attackers who reach a cluster from its own machine, and have nothing else: other users, everybody
 * behind a web server there that passes no address on, and pages of other sites in a browser there,
 * which send forms and images, or whose own name resolves to this machine (DNS rebinding).
 */
import { describe, expect, test } from 'vitest';
import { afterTest } from '../after-test.js';
import { startFake } from '../cluster/fake-cluster.js';
import { announcementXml, NIGHT, until } from '../cluster/support.js';
import { rawClient } from '../scx/raw-client.js';

const PATH = 'radio.example/night';
const AT = `/announcements/${PATH}.xml`;
const XML = announcementXml(NIGHT);

/** Sends a request with exactly these fields, as a browser may and fetch may not. */
async function answerTo(port: number, line: string, fields: string[], body = ''): Promise<string> {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${line} HTTP/1.1`, ...fields, ...length, 'Connection: close', '', ''];
  const client = rawClient(port, `${head.join('\r\n')}${body}`);
  afterTest(() => client.socket.destroy());
  return client.head();
}

test.each([
  ['another user of the machine', {}],
  ['everybody behind a web server that passes no address on', { connection: 'close' }],
  ['a stranger who claims to be this machine', { 'x-forwarded-for': '127.0.0.1' }],
  ['a stranger behind a web server', { 'x-forwarded-for': '198.51.100.7' }],
])('To %s, the address of this machine gives no right to announce', async (_who, headers) => {
  const { get, publish, platform } = await startFake();
  const send = (path: string, method: string, body?: string) =>
    get(path, { method, headers, ...(body === undefined ? {} : { body }) });
  expect((await send(AT, 'PUT', XML)).status).toBe(401);
  expect(platform.launches).toEqual([]);
  await publish(PATH, XML);
  for (const [path, method, body] of [
    [AT, 'PUT', XML],
    [AT, 'DELETE'],
    [`/announcements/${PATH}/webhooks`, 'PUT', '["http://127.0.0.1:1/"]'],
    [`/announcements/${PATH}/fallback`, 'DELETE'],
    ['/drain', 'POST', '{"drainMs":1}'],
    ['/leases', 'POST', '{}'],
  ] as const) {
    expect([path, (await send(path, method, body)).status]).toEqual([path, 401]);
  }
});

describe('A page of another site', () => {
  const rebound = (port: number) => [
    `Host: evil.example:${port}`,
    `Origin: http://evil.example:${port}`,
  ];
  const form = (port: number) => [`Host: localhost:${port}`, 'Origin: http://evil.example'];
  const image = (port: number) => [`Host: localhost:${port}`, 'Sec-Fetch-Site: cross-site'];

  test.each([
    ['a form', form],
    ['a page whose name resolves here', rebound],
    ['a sandboxed page', (port: number) => [`Host: localhost:${port}`, 'Origin: null']],
    [
      'a page of another port',
      (port: number) => [`Host: localhost:${port}`, 'Origin: http://localhost:1'],
    ],
  ])('changes nothing with %s, even with the right token', async (_what, fields) => {
    const { cluster, operator, get, platform } = await startFake();
    const token = `Authorization: ${operator.authorization}`;
    const send = (line: string, body: string, ...more: string[]) =>
      answerTo(cluster.port, line, [...fields(cluster.port), ...more], body);
    expect(await send(`PUT ${AT}`, XML, token)).toMatch(/^HTTP\/1\.1 403 /);
    const attach = JSON.stringify({ announcement: 'http://evil.example/a.xml', role: 'source' });
    const json = 'Content-Type: application/json';
    expect(await send('POST /attach', attach, json)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await send('POST /drain', '{"drainMs":1}', json)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await send('PUT /radio.example/night', 'sound')).toMatch(/^HTTP\/1\.1 403 /);
    expect((await get(AT)).status).toBe(404);
    expect(platform.launches).toEqual([]);
  });

  test('sets no title, and ends nobody, with an image', async () => {
    const { cluster, publish, operator, platform } = await startFake();
    await publish(PATH, XML);
    await until(() => platform.launches.length === 1);
    const token = operator.authorization.replace('Bearer ', '');
    const login = `Authorization: Basic ${btoa(`admin:${token}`)}`;
    for (const fields of [image, rebound, form]) {
      for (const target of [
        `/admin/metadata?mode=updinfo&mount=/${PATH}&song=x`,
        '/admin.cgi?mode=updinfo&pass=x&song=x',
        `/admin/killsource?mount=/${PATH}`,
      ]) {
        const sent = [...fields(cluster.port), login];
        expect(await answerTo(cluster.port, `GET ${target}`, sent)).toMatch(/^HTTP\/1\.1 403 /);
      }
    }
  });

  test('may still listen, as everywhere', async () => {
    const { cluster, publish, platform } = await startFake();
    await publish(PATH, XML);
    await until(() => platform.launches.length === 1);
    const line = `GET /listen/${PATH}.mp3`;
    expect(await answerTo(cluster.port, line, form(cluster.port))).toMatch(/^HTTP\/1\.1 302 /);
  });
});

test('Wrong tokens of one address do not hold up the right ones of others', async () => {
  const { get, operator } = await startFake();
  const put = (authorization: string, client: string) =>
    get(AT, {
      ...{ method: 'PUT', body: XML },
      headers: { authorization, 'x-forwarded-for': client },
    });
  let answered = 0;
  const wrong = Array.from({ length: 40 }, async (_, n) => {
    const { status } = await put(`Bearer guess${n}`, `2001:db8::${n + 1}`);
    answered++;
    return status;
  });
  await until(() => answered >= 3); // from now on the network's guesses wait
  expect((await put(operator.authorization, '198.51.100.7')).status).toBe(201);
  expect(answered).toBeLessThan(40);
  void Promise.allSettled(wrong);
});
