/**
 * What encoders send, byte for byte, and what they are answered. Real encoders are in
 * ingest.test.ts; here stand those that cannot be installed, and the requests that no encoder
 * should send.
 *
 * Each test has a session of its own, which is withdrawn after it: a drain replaces the SCXs of all
 * sessions, and each SCX takes processor time from the other tests.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nameInId } from '../../../src/session/session-id.js';
import { listen } from '../support/audio.js';
import { type Replayed, replay } from '../support/encoders.js';
import { until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const stage = createStage();
const accessLog = join(stage.directory, 'access.log');
let cluster: Cluster;
let announcement = '';
let mount = '';
let password = '';
let count = 0;
let replayed: Replayed[] = [];
/** Sends its head when the tests begin, and nothing after it. */
let silent: Replayed;

const authOf = (secret: string): string => Buffer.from(`source:${secret}`).toString('base64');
const auth = (): string => authOf(password);

beforeAll(async () => {
  const logs = ['--log-level', 'trace', '--access-log', accessLog];
  cluster = await stage.cluster({ extra: [...logs, '--linger', '0'] });
  // With a password of its own: SHOUTcast's encoders find their session by it.
  const quiet = await stage.announce(cluster, 'scattercast://radio.example/quiet');
  const authorization = `Authorization: Basic ${authOf(stage.secretsOf(quiet).password)}`;
  silent = replay(cluster.port, `PUT /radio.example/quiet HTTP/1.1\r\n${authorization}\r\n\r\n`);
});

beforeEach(async () => {
  const path = `radio.example/show${++count}`;
  announcement = await stage.publish(cluster, path);
  mount = `/${path}`;
  password = stage.secretsOf(announcement).password;
});

afterEach(async () => {
  for (const each of replayed) each.end();
  replayed = [];
  await stage.withdraw(cluster, announcement);
});

afterAll(async () => {
  silent.end();
  await stage.close();
});

const connectTo = (port: number, head: string): Replayed => {
  const one = replay(port, head);
  replayed.push(one);
  return one;
};
const say = (head: string): Replayed => connectTo(cluster.port, head);

const statusOf = async () =>
  (await cluster.status()).sessions.find((each) => each.session === `scattercast:/${mount}`);
const scx = async () => (await statusOf())?.scxs[0];
const untilOnAir = () =>
  until('the session to be on the air', async () => (await statusOf())?.onAir === true);
const untilTitle = (title: string) =>
  until(`the title ${title}`, async () => (await scx())?.title === title);

function tellTitle(query: string, user = 'source', secret = password): Promise<Response> {
  const authorization = `Basic ${btoa(`${user}:${secret}`)}`;
  const url = `${cluster.url}/admin/metadata?mode=updinfo&mount=${encodeURIComponent(mount)}`;
  return fetch(`${url}&${query}`, { headers: { authorization } });
}

const source = (agent: string, query = ''): string =>
  `SOURCE ${mount}${query} HTTP/1.0\r\nAuthorization: Basic ${auth()}\r\n` +
  `User-Agent: ${agent}\r\n\r\n`;

/** As they are sent; MOUNT and AUTH are filled in. */
const ENCODERS: [string, string, RegExp, boolean][] = [
  [
    'BUTT',
    'SOURCE MOUNT HTTP/1.0\r\nAuthorization: Basic AUTH\r\nUser-Agent: butt 0.1.40\r\n' +
      'Content-Type: audio/mpeg\r\nice-name: no name\r\nice-public: 0\r\n' +
      'ice-audio-info: ice-bitrate=128;ice-channels=2;ice-samplerate=44100\r\n\r\n',
    /^HTTP\/1\.0 200 OK\r\n\r\n/,
    false,
  ],
  [
    'Mixxx, after the answer to the probe of its libshout',
    'PUT MOUNT HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic AUTH\r\n' +
      'User-Agent: Mixxx 2.3 libshout/2.4.5\r\nContent-Type: audio/mpeg\r\n' +
      'Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nice-public: 0\r\n' +
      'ice-name: Mixxx\r\nice-audio-info: bitrate=128\r\n\r\n',
    /^HTTP\/1\.1 100 Continue\r\n\r\n$/,
    true,
  ],
  [
    'Liquidsoap',
    'PUT MOUNT HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAuthorization: Basic AUTH\r\n' +
      'User-Agent: Liquidsoap/2.2\r\nContent-Type: audio/mpeg\r\nExpect: 100-continue\r\n' +
      'Transfer-Encoding: chunked\r\nice-name: Test\r\nice-url: http%3A%2F%2Fa.example\r\n\r\n',
    /^HTTP\/1\.1 100 Continue\r\n\r\n$/,
    true,
  ],
  [
    'an old encoder that does not wait',
    'SOURCE MOUNT ICE/1.0\r\nAuthorization: Basic AUTH\r\nice-name: Old\r\n\r\n',
    /^HTTP\/1\.0 200 OK\r\n\r\n/,
    false,
  ],
];

describe('An encoder is put on the air by the requests of', () => {
  test.each(ENCODERS)('%s', async (_who, head, answer, isChunked) => {
    const encoder = say(head.replace('MOUNT', mount).replace('AUTH', auth()));
    encoder.play({ isChunked });
    await untilOnAir();
    expect(encoder.said()).toMatch(answer);
    const updated = await tellTitle(`song=${encodeURIComponent('Sigur Rós - "A" <b>')}`);
    expect(await updated.text()).toContain('<return>1</return>');
    await untilTitle('Sigur Rós - "A" <b>');
  });

  test("libshout's probe, which is answered with the methods and is no failed login", async () => {
    const probe = say(`SOURCE ${mount} HTTP/1.0\r\nContent-Length: 0\r\nUser-Agent: x\r\n\r\n`);
    await until('an answer', () => probe.isClosed());
    expect(probe.said()).toMatch(/^HTTP\/1\.1 401 /);
    expect(probe.said()).toMatch(/\r\nAllow: GET, PUT, OPTIONS, SOURCE\r\n/);
    expect(probe.said()).toMatch(/\r\nWWW-Authenticate: Basic realm=/);
  });

  test('SHOUTcast, on the next port, with a title', async () => {
    const encoder = connectTo(cluster.port + 1, `${password}\r\n`);
    await until('OK2', () => encoder.said() === 'OK2\r\nicy-caps:11\r\n\r\n');
    encoder.send('icy-name:Old\r\nicy-br:128\r\ncontent-type:audio/mpeg\r\n\r\n');
    encoder.play();
    await untilOnAir();
    const query = `pass=${encodeURIComponent(password)}&mode=updinfo&song=Caf%E9`;
    expect((await fetch(`${cluster.url}/admin.cgi?${query}`)).status).toBe(200);
    await untilTitle('Café');
    const stranger = connectTo(cluster.port + 1, 'guess\r\n');
    await until('a refusal', () => stranger.said() === 'invalid password\r\n');
  });
});

describe('A title', () => {
  test.each([
    ['in Latin-1', 'song=Caf%E9', 'Café'],
    ['in a charset that is named', 'charset=koi8-r&song=%ED%C9%D2', 'Мир'],
    ['as artist and title', 'artist=AC%2FDC&title=T.N.T.', 'AC/DC - T.N.T.'],
    ['with a line break', 'song=one%0D%0AX-Evil:%20two', 'one X-Evil: two'],
    ['of 10 kB', `song=${'x'.repeat(10_240)}`, 'x'.repeat(512)],
  ])('%s is heard as it was meant', async (_what, query, title) => {
    say(source('one')).play();
    await untilOnAir();
    expect((await tellTitle(query)).status).toBe(200);
    await untilTitle(title);
  });

  test('is taken from the admin, but not with a wrong password, nor while nobody broadcasts', async () => {
    const { adminPassword } = stage.secretsOf(announcement);
    expect((await tellTitle('song=x')).status).toBe(400);
    say(source('one')).play();
    await untilOnAir();
    expect((await tellTitle('song=x', 'source', 'wrong')).status).toBe(401);
    expect((await tellTitle('song=Of+the+admin', 'admin', adminPassword)).status).toBe(200);
    await untilTitle('Of the admin');
  });
});

describe('An encoder', () => {
  test('that comes back when its connection is lost is the same source, with its title', async () => {
    const first = say(source('one'));
    first.play();
    await untilOnAir();
    await tellTitle('song=The+last+one');
    await untilTitle('The last one');
    const listener = listen(`${cluster.url}/listen${mount}.mp3`);
    await listener.firstByteMs;
    const id = (await scx())?.sources[0]?.id;
    for (const agent of ['one', 'two']) {
      const other = say(source(agent));
      await until('a refusal', () => other.isClosed());
      expect(other.said()).toMatch(/^HTTP\/1\.1 403 Mountpoint in use\r\n/);
    }

    const delivered = async () => (await scx())?.sources[0]?.flows[0]?.delivered ?? 0;
    const before = await delivered();
    first.end();
    const again = say(source('one'));
    again.play({ from: 40_000 });
    await until('the second one to be heard', async () => (await delivered()) > before + 80);
    expect((await scx())?.sources.map((each) => each.id)).toEqual([id]);
    expect((await scx())?.title).toBe('The last one');
    expect(listener.isClosed()).toBe(false);
    listener.stop();
  });

  test('of a higher priority takes over, and the other is played again when it ends', async () => {
    const studio = say(source('studio', '?priority=100'));
    studio.play();
    await untilOnAir();
    await tellTitle('song=Studio');
    await untilTitle('Studio');
    const listener = listen(`${cluster.url}/listen${mount}.mp3`);
    await listener.firstByteMs;
    const reporter = say(source('reporter', '?priority=200'));
    reporter.play({ from: 200_000 });
    const ownMount = `mount=${encodeURIComponent(`${mount}?priority=200`)}`;
    const authorization = `Basic ${auth()}`;
    await until('its title', async () => {
      const url = `${cluster.url}/admin/metadata?mode=updinfo&song=Reporter&${ownMount}`;
      return (await fetch(url, { headers: { authorization } })).ok;
    });
    await untilTitle('Reporter');
    reporter.end();
    await untilTitle('Studio');
    expect(listener.isClosed()).toBe(false);
    listener.stop();
  });

  test('whose password is replaced is closed', async () => {
    const encoder = say(source('one'));
    encoder.play();
    await untilOnAir();
    const { token } = stage.secretsOf(announcement);
    const name = `scattercast:/${mount}`;
    await stage.announce(cluster, name, '--new-password', '--token', token);
    await until('the end', () => encoder.isClosed());
    const stale = say(source('one'));
    await until('a refusal', () => stale.said().startsWith('HTTP/1.1 401 '));
  });

  test('whose SCX is replaced keeps its connection, and its titles reach both processes', async () => {
    const encoder = say(source('one'));
    encoder.play();
    await untilOnAir();
    await tellTitle('song=Before');
    await untilTitle('Before');
    const withdrawn = ({ session: id }: { session: string }): boolean =>
      !nameInId(id).endsWith('/quiet') && nameInId(id) !== `scattercast:/${mount}`;
    await until(
      'the SCXs of earlier tests to end',
      async () => !(await cluster.scxs()).some(withdrawn),
    );
    const drained = stage.run([...cluster.arguments, '--drain', '--drain-timeout', '60']);
    const { code } = await drained.exited;
    expect(code, drained.stdout() + drained.stderr()).toBe(0);
    const answer = await tellTitle('song=After');
    expect(await answer.text()).toContain('<return>1</return>');
    const isTold = async () =>
      (await statusOf())?.scxs.every(({ title }) => title === 'After') === true;
    await until('the title', isTold);
    expect(encoder.isClosed()).toBe(false);

    const old = (await scx())?.playing;
    encoder.end();
    const again = say(source('one'));
    again.play({ from: 40_000 });
    await until('an answer', () => again.said() !== '');
    expect(again.said()).toMatch(/^HTTP\/1\.0 200 OK/);
    await until('the encoder to be heard again', async () => {
      const playing = (await statusOf())?.scxs.at(-1)?.playing;
      return typeof playing === 'string' && playing !== old;
    });
    await untilTitle('After');
  });

  test('whose SCX is killed comes back with its title', async () => {
    const encoder = say(source('one'));
    encoder.play();
    await untilOnAir();
    await tellTitle('song=Before+the+crash');
    await until('the front end to know it', async () => {
      return (await scx())?.encoderTitles?.[0]?.title === 'Before the crash';
    });
    const { pid = 0 } = (await scx()) ?? {};
    process.kill(pid, 'SIGKILL');
    await until('the encoder to be disconnected', () => encoder.isClosed());
    const again = say(source('one'));
    again.play({ from: 40_000 });
    await until('another SCX', async () => ![undefined, pid].includes((await scx())?.pid));
    await untilOnAir();
    await untilTitle('Before the crash');
  });

  test('that sends nothing after its head is answered with 408 after ten seconds', async () => {
    await until('the answer 408', () => /^HTTP\/1\.1 408 /.test(silent.said()));
  });

  test('that sends a malformed or refused request gets the status that says why', async () => {
    const line = `SOURCE ${mount} HTTP/1.0\r\n`;
    const cases: [string, string][] = [
      [`${line}Authorization: Basic ${'A'.repeat(64 * 1024)}\r\n\r\n`, '431'],
      [`${line}X: ${'a'.repeat(1024 * 1024)}\r\n\r\n`, '431'],
      ['SOURCE /nowhere/at/all HTTP/1.0\r\n\r\n', '404'],
      ['SOURCE / HTTP/1.0\r\n\r\n', '404'],
      [source('one', '?priority=999'), '400'],
      [`${line}\r\n`, '401'],
      [`${line}Authorization: Basic ${btoa('source:wrong')}\r\n\r\n`, '401'],
    ];
    for (const [text, status] of cases) {
      const encoder = say(text);
      await until(`the answer ${status}`, () => encoder.said().startsWith(`HTTP/1.1 ${status} `));
    }
  });

  test('leaves its password in no log', async () => {
    const readLog = (): string => readFileSync(accessLog, { encoding: 'utf8', flag: 'a+' });
    const titlesIn = (log: string): number => log.split('/admin/metadata').length - 1;
    const before = titlesIn(readLog());
    const encoder = say(source('one'));
    encoder.play();
    await untilOnAir();
    await fetch(`${cluster.url}/admin.cgi?pass=${password}&mode=updinfo&song=x`);
    await until('the title', async () => (await scx())?.title === 'x');
    const written = await until('the request in the access log', () => {
      const log = readLog();
      return titlesIn(log) > before && log;
    });
    for (const secret of [password, auth()]) {
      expect(written + cluster.process.stderr()).not.toContain(secret);
    }
  });
});
