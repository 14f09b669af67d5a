/**
 * A stranger announces the name of a station with a key of its own, at a server of its own, and names
 * the station's clusters in it. Whoever asks first, and wherever: no listener of the station hears
 * the stranger, no SCX of the station takes the stranger's keys, and title, playlists and place in
 * the directory stay the station's. Copies of what the station has signed, altered, older or
 * withdrawn ones, change nothing either. And what the station's machine sends holds no secret.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawSigningKey, type SigningKey } from '../../src/runtime/signing-key.js';
import { printAnnouncement } from '../../src/session/print-announcement.js';
import { clock, type Hearing, hear, silentFile } from '../e2e/support/heard.js';
import { freePorts } from '../e2e/support/ports.js';
import { until } from '../e2e/support/processes.js';
import { type Cluster, createStage, type Stage } from '../e2e/support/stage.js';
import { announcementIn, keyOfPassword, listed, nameOf, signed } from '../session/signed.js';

const PATH = 'radio.example/night';
const NAME = `scattercast://${PATH}`;
/** What they send, told apart by the bit rate. */
const STATION = 64;
const STRANGER = 96;
const EVIL_PASSWORD = 'a password of the stranger';
/** More than a player buffers. */
const HEARD_MS = 6000;

const stage: Stage = createStage();
const evilKey: SigningKey = drawSigningKey();
const hearings: Hearing[] = [];
/** The cluster of the station, and one that carries any session. */
let home: Cluster;
let carrier: Cluster;
/** The station's announcement at home, and at a web server. */
let announcement = '';
let evilUrl = '';
let evilXml = '';
const web = createServer((_request, response) => response.end(evilXml));

const listen = (at: Cluster, path: string): Hearing => {
  const hearing = hear(`${at.url}${path}`);
  hearings.push(hearing);
  return hearing;
};

const listenTo = (at: Cluster, url: string): Hearing =>
  listen(at, `/listen?announcement=${encodeURIComponent(url)}`);

const sessionAt = async (at: Cluster, path: string) =>
  (await at.status()).sessions.find((session) => session.path === path);

/** Asks without following redirects. */
const ask = async (at: Cluster, path: string) => {
  const response = await fetch(`${at.url}${path}`, { redirect: 'manual' });
  return { status: response.status, text: await response.text() };
};

const put = async (xml: string, headers: Record<string, string> = {}) => {
  const response = await fetch(announcement, { method: 'PUT', body: xml, headers });
  return { status: response.status, text: await response.text() };
};

const operatorOf = ({ dataDir }: Cluster): Record<string, string> => ({
  authorization: `Bearer ${readFileSync(`${dataDir}/admin-token`, 'utf8').trim()}`,
});

const keyAtHome = async (): Promise<string> =>
  announcementIn(await (await fetch(announcement)).text()).key;

/** The stranger's announcement of the station's name, which leads to the station's own clusters. */
async function announceEvil(): Promise<void> {
  const source = await keyOfPassword(EVIL_PASSWORD, evilKey);
  const rendezvous = [home, carrier].map(({ url }) => `${url}/rendezvous/${PATH}`);
  const [scx] = await home.scxs();
  if (scx !== undefined) rendezvous.push(scx.overlayAddress);
  // Where the stranger's own SCXs find each other.
  rendezvous.push(`${carrier.url}/rendezvous/${PATH}@${evilKey.publicKey}`);
  evilXml = printAnnouncement(
    signed(
      {
        ...{ name: nameOf(NAME), title: 'Stolen', rendezvous },
        channels: [
          { id: 1, unicast: 'tcp' },
          { id: 2, unicast: 'tcp' },
        ],
        sources: [listed(source)],
      },
      evilKey,
    ),
  );
  evilUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/night.xml`;
  const secrets = { password: EVIL_PASSWORD, token: '', adminPassword: '', webhook: undefined };
  stage.share(evilUrl, { session: NAME, ...secrets });
}

beforeAll(async () => {
  for (const bitrate of [STATION, STRANGER] as const) {
    writeFileSync(join(stage.directory, `${bitrate}.mp3`), silentFile(bitrate));
  }
  web.listen(0, '127.0.0.1');
  [home, carrier] = (await stage.clusters(2)) as [Cluster, Cluster];
  announcement = await stage.announce(home, NAME, '--title', 'The station');
  await announceEvil();
  // The stranger is everywhere before the station: on the air, and with a listener at each cluster.
  await stage.broadcast(carrier, evilUrl, '--loop', join(stage.directory, `${STRANGER}.mp3`));
  const evil = [listenTo(carrier, evilUrl), listenTo(home, evilUrl)];
  await until('the stranger to be heard by those who ask for it', () =>
    evil.every((one) => one.now() === STRANGER),
  );
  const file = join(stage.directory, `${STATION}.mp3`);
  const args = ['--announcement', announcement, '--loop', file];
  const { password } = stage.secretsOf(announcement);
  const station = stage.run(['broadcast', '--cluster', home.url, ...args], {
    env: { SCATTERCAST_PASSWORD: password },
  });
  await station.line(/on the air/);
});

afterAll(async () => {
  for (const hearing of hearings) hearing.stop();
  web.close();
  await stage.close();
});

describe('A name that a stranger has announced first, elsewhere', () => {
  test('leads to the station at its own cluster, and by its announcement everywhere', async () => {
    const own = [
      listen(home, `/listen/${PATH}.mp3`),
      listen(home, `/${PATH}`),
      listenTo(home, announcement),
      listenTo(carrier, announcement),
    ];
    const since = clock();
    await until('the listeners to hear enough', () =>
      own.every((one) => one.audioMs(since) > HEARD_MS),
    );
    for (const one of own) {
      expect(new Set(one.passages().map(({ bitrateKbps }) => bitrateKbps))).toEqual(
        new Set([STATION]),
      );
      expect(one.isClosed).toBe(false);
    }
  });

  test('changes neither title, nor playlists, nor the place in the directory', async () => {
    const station = await sessionAt(home, PATH);
    expect(station).toMatchObject({ title: 'The station', key: await keyAtHome(), kept: true });
    const m3u = await ask(home, `/listen/${PATH}.m3u`);
    expect(m3u.text).toContain('The station');
    expect(m3u.text).not.toMatch(/Stolen|@/);
    const evil = await sessionAt(home, `${PATH}@${evilKey.publicKey}`);
    expect(evil).toMatchObject({ title: 'Stolen', kept: false });
    expect(evil?.listenUrl).toContain(`@${evilKey.publicKey}`);
    const keys = station?.scxs.map(({ session }) => session.split('#')[1]);
    expect(new Set(keys)).toEqual(new Set([station?.key]));
  });

  test('is no name at a cluster where nothing is published under it', async () => {
    const { status, text } = await ask(carrier, `/listen/${PATH}.mp3`);
    expect(status).toBe(404);
    for (const key of [await keyAtHome(), evilKey.publicKey]) {
      expect(text).toContain(`/listen/${PATH}@${key}.mp3`);
    }
    const [station, evil] = [await keyAtHome(), evilKey.publicKey].map((key) =>
      listen(carrier, `/listen/${PATH}@${key}.mp3`),
    );
    await until(
      'both, by their keys',
      () => station?.now() === STATION && evil?.now() === STRANGER,
    );
  });

  test("joins no SCX of the station's session, although it names them as rendezvous points", async () => {
    const stationKey = await keyAtHome();
    const all = [...(await home.scxs()), ...(await carrier.scxs())];
    const isEvil = ({ session }: { readonly session: string }) => !session.endsWith(stationKey);
    const evil = new Set(all.filter(isEvil).map(({ id }) => id));
    expect(evil.size).toBe(2);
    for (const scx of all) {
      for (const { id } of scx.neighbours) expect(evil.has(id)).toBe(evil.has(scx.id));
    }
  });

  test('gives the stranger no right to broadcast, to set titles or to administrate there', async () => {
    const target = ['--cluster', home.url, '--announcement', announcement];
    const file = join(stage.directory, `${STRANGER}.mp3`);
    const broadcaster = stage.run(['broadcast', ...target, file], {
      env: { SCATTERCAST_PASSWORD: EVIL_PASSWORD },
    });
    expect((await broadcaster.exited).code).toBe(5);
    expect(broadcaster.stderr()).toMatch(/the source password is wrong/);
    const authorization = `Basic ${btoa(`source:${EVIL_PASSWORD}`)}`;
    const title = `/admin/metadata?mode=updinfo&mount=/${PATH}&song=Stolen`;
    expect((await fetch(`${home.url}${title}`, { headers: { authorization } })).status).toBe(401);
    const refused = async () =>
      (await home.scxs()).flatMap((scx) => scx.refused ?? []).map(({ reason }) => reason);
    await until('the status to say so', async () =>
      (await refused()).includes('the source password is wrong'),
    );
  });
});

describe("The station's announcement", () => {
  test('is not replaced by one of another key, whoever sends it', async () => {
    expect((await put(evilXml)).status).toBe(401);
    const asOperator = await put(evilXml, operatorOf(home));
    expect(asOperator).toEqual({ status: 409, text: expect.stringContaining('another key') });
    const announcing = stage.run(['announce', '--cluster', home.url, '--name', NAME]);
    expect((await announcing.exited).code).toBe(5);
    expect(announcing.stderr()).toMatch(/with another key.*--token/);
  });

  test.each([
    ['altered', (xml: string) => xml.replace('The station', 'Stolen'), 'was altered after'],
    ['unsigned', (xml: string) => xml.replace(/<radio:SIG.*TURE>/, ''), 'is not signed'],
    [
      'with the key exchanged',
      (xml: string) => xml.replace(/(<radio:KEY>)[^<]+/, `$1${evilKey.publicKey}`),
      'was altered after',
    ],
  ])('that is %s is refused with a reason, also when it is fetched', async (_, change, why) => {
    const xml = change(await (await fetch(announcement)).text());
    const published = await put(xml, operatorOf(home));
    expect(published).toEqual({ status: 422, text: expect.stringContaining(why) });
    const server = createServer((_request, response) => response.end(xml)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.xml`;
    const fetched = await ask(carrier, `/listen?announcement=${encodeURIComponent(url)}`);
    server.close();
    expect(fetched).toEqual({ status: 502, text: expect.stringContaining(why) });
  });

  test('that is older is refused, and brings no password back that was replaced', async () => {
    const older = await (await fetch(announcement)).text();
    const { token, password } = stage.secretsOf(announcement);
    const heard = listen(home, `/listen/${PATH}.mp3`);
    await until('the station', () => heard.now() === STATION);
    const where = ['--cluster', home.url, '--data', home.dataDir, '--name', NAME];
    const renewed = stage.run(['announce', ...where, '--title', 'Renewed', '--new-password'], {
      env: { SCATTERCAST_TOKEN: token },
    });
    expect((await renewed.exited).code).toBe(0);
    const again = await put(older, operatorOf(home));
    expect(again).toEqual({ status: 409, text: expect.stringContaining('A newer announcement') });
    const server = createServer((_request, response) => response.end(older));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.xml`;
    await ask(home, `/listen?announcement=${encodeURIComponent(url)}`);
    server.close();
    expect(await sessionAt(home, PATH)).toMatchObject({ title: 'Renewed' });
    const target = ['--cluster', home.url, '--announcement', PATH];
    const file = join(stage.directory, `${STATION}.mp3`);
    const old = stage.run(['broadcast', ...target, file], {
      env: { SCATTERCAST_PASSWORD: password },
    });
    expect((await old.exited).code).toBe(5);
  });
});

/** Secrets in each form in which a program might send them. */
const formsOf = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].map((at) => bytes.subarray(at, at + 3 * Math.floor((24 - at) / 3)));
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('hex'),
    ...inside.flatMap((part) => [part.toString('base64'), part.toString('base64url')]),
  ];
};

test('No byte that announce and broadcast send to a front end is of a token or a password', async () => {
  const port = await freePorts(1);
  const sent: Buffer[] = [];
  const tap = createTcpServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    socket.on('data', (bytes: Buffer) => void sent.push(bytes));
    socket.pipe(onward).pipe(socket);
    for (const one of [socket, onward]) one.on('error', () => undefined);
  });
  tap.listen(port, '127.0.0.2');
  await once(tap, 'listening');
  // Who asks the cluster by its public name passes the tap.
  const cluster = await stage.cluster({ port, extra: ['--host', '127.0.0.2'] });
  const at = `http://127.0.0.2:${port}`;
  const file = join(stage.directory, `${STATION}.mp3`);
  const secrets: string[] = [];
  const announce = async (token: string, ...args: string[]) => {
    const where = ['--cluster', at, '--data', cluster.dataDir, '--name', NAME, '--json'];
    const env = token === '' ? {} : { SCATTERCAST_TOKEN: token };
    const announced = stage.run(['announce', ...where, ...args], { env });
    expect((await announced.exited).code).toBe(0);
    const { url: _, webhookSecret: __, ...drawn } = JSON.parse(announced.stdout());
    secrets.push(...Object.values(drawn as Record<string, string>));
    return drawn as { readonly token: string; readonly password: string };
  };
  const { token, password } = await announce('');
  await announce(token, '--fallback', file, '--webhook', 'http://127.0.0.1:9/');
  await announce(token, '--dj', 'anna', '--until', '2h');
  await announce(token, '--new-password');
  const target = ['--cluster', at, '--announcement', PATH];
  const attaching = stage.run(['broadcast', ...target, file], {
    env: { SCATTERCAST_PASSWORD: password },
  });
  // It reaches no SCX: these are behind no tap.
  expect((await attaching.exited).code).toBe(4);
  const removed = stage.run(['announce', '--cluster', at, '--name', NAME, '--remove'], {
    env: { SCATTERCAST_TOKEN: token },
  });
  expect((await removed.exited).code).toBe(0);
  tap.close();
  expect(secrets).toHaveLength(5);
  const bytes = Buffer.concat(sent).toString('latin1');
  expect(bytes).toMatch(/PUT \/announcements\/.*x-scattercast-signature: /s);
  for (const form of secrets.flatMap(formsOf)) expect(bytes).not.toContain(form);
});
