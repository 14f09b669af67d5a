/** SHOUTcast encoders at the port after a front end's own. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';
import { keyOfPassword } from '../../session/signed.js';
import { startFake } from '../fake-cluster.js';
import { freePair, PATH, startFed, textOf, wait } from '../fake-scx.js';
import { announcementXml } from '../support.js';

const OK = 'OK2\r\nicy-caps:11\r\n\r\n';
const HEADERS =
  'icy-name:Caf\xe9\r\nicy-genre: Jazz\r\nicy-br:128\r\ncontent-type:audio/mpeg\r\n\r\n';

describe('A SHOUTcast encoder', () => {
  test.each([
    ['line by line', 1000],
    ['byte by byte', 1],
    ['in threes', 3],
  ])('that sends %s reaches the SCX in the protocol of Icecast', async (_how, size) => {
    const { client, fedAs, port, password } = await startFed();
    const encoder = client('', port + 1);
    const say = (text: string): void => {
      for (let at = 0; at < text.length; at += size) {
        encoder.socket.write(text.slice(at, at + size), 'latin1');
      }
    };
    say(`${password}\r\n`);
    await vi.waitUntil(() => encoder.text() === OK, wait);
    say(`${HEADERS}sound`);
    const one = await fedAs(0);
    await vi.waitUntil(() => textOf(one).endsWith('sound'), wait);
    const [head = '', body] = textOf(one).split('\r\n\r\n');
    expect(head.split('\r\n')).toEqual([
      'SOURCE /radio.example/night HTTP/1.0',
      'ice-name: Caf\xe9',
      'ice-genre: Jazz',
      'ice-br: 128',
      'content-type: audio/mpeg',
      `authorization: Basic ${btoa(`source:${password}`)}`,
      'x-forwarded-for: 127.0.0.1',
      'x-scattercast-carried: yes',
    ]);
    expect(body).toBe('sound');
    one.socket.write('HTTP/1.0 200 OK\r\n\r\n');
    encoder.send('more');
    await vi.waitUntil(() => textOf(one).endsWith('soundmore'), wait);
    one.socket.end('HTTP/1.0 403 Forbidden\r\n\r\nended by the administrator\n');
    await encoder.closed;
    expect(encoder.text()).toBe(OK);
  });

  test('is handed to an SCX that takes it, which does not answer it once more', async () => {
    const { client, port, password, platform, fed } = await startFed();
    platform.takesEncoders = true;
    const encoder = client(`${password}\r\nicy-name: a\r\n\r\nsound`, port + 1);
    await encoder.closed; // our copy; there is no other in this test
    expect(platform.gifts.map(({ isAnswered }) => isAnswered)).toEqual([false]);
    expect(platform.gifts[0]?.bytes.toString()).toMatch(
      /^SOURCE (.|\r\n)*ice-name: a\r\n(.|\r\n)*\r\n\r\nsound$/,
    );
    expect(fed).toEqual([]);
  });

  test('may send without waiting, have no fields, and end its lines with LF only', async () => {
    const { client, fedAs, port, password } = await startFed();
    client(`${password}\n\nsound`, port + 1);
    const one = await fedAs(0);
    await vi.waitUntil(() => textOf(one).endsWith('\r\n\r\nsound'), wait);
  });

  test('sends the SCX only valid header fields, none of which the front end writes', async () => {
    const { client, fedAs, port, password } = await startFed();
    const odd = [
      'icy-name:a\rSOURCE /b HTTP/1.0',
      'authorization: Basic other',
      'x-forwarded-for: 203.0.113.9',
      'connection: close',
      'icy url: b',
      'icy-\0: c',
      `${'x'.repeat(33)}: d`,
      ': e',
      'icy-pub:',
    ];
    client(`${password}\r\n${odd.join('\r\n')}\r\n\r\n`, port + 1);
    const one = await fedAs(0);
    await vi.waitUntil(() => textOf(one).includes('\r\n\r\n'), wait);
    expect(textOf(one).split('\r\n').filter(Boolean)).toEqual([
      'SOURCE /radio.example/night HTTP/1.0',
      `authorization: Basic ${btoa(`source:${password}`)}`,
      'ice-pub: ',
      'x-forwarded-for: 127.0.0.1',
      'x-scattercast-carried: yes',
    ]);
  });

  test('is told that its password is invalid, later each time, and no log contains it', async () => {
    let logged = '';
    const keep = (line: string): void => {
      logged += line;
    };
    const { client, port, fed, password } = await startFed({
      log: pino({ level: 'trace' }, { write: keep }),
    });
    const waits = vi.spyOn(globalThis, 'setTimeout');
    for (let times = 0; times < 4; times++) {
      const encoder = client('guess-who\r\n', port + 1);
      await encoder.closed;
      expect(encoder.text()).toBe('invalid password\r\n');
    }
    expect(waits.mock.calls.filter(([, ms]) => ms === 500)).toHaveLength(1);
    vi.restoreAllMocks();
    const encoder = client(`${password}\r\n`, port + 1);
    await vi.waitUntil(() => encoder.text() === OK, wait);
    expect(logged).toContain('a SHOUTcast encoder is refused');
    for (const secret of ['guess-who', password]) expect(logged).not.toContain(secret);
    expect(fed).toEqual([]);
  });

  test.each([
    ['a line without an end', 'x'.repeat(2000)],
    ['nothing before it leaves', ''],
    ["libshout's probe", '!POKE\nicy-name:libshout server poke request\n\n'],
  ])('that sends %s is closed, and has not guessed', async (_what, text) => {
    const { client, port } = await startFed();
    // The fourth wrong password of an address is the first that waits: 500 ms.
    for (let times = 0; times < 3; times++) {
      const encoder = client(text, port + 1);
      if (text === '') encoder.socket.end();
      await encoder.closed;
      expect(encoder.text()).toBe(text.startsWith('!') ? 'invalid password\r\n' : '');
    }
    const waits = vi.spyOn(globalThis, 'setTimeout');
    await client('guess\r\n', port + 1).closed;
    expect(waits.mock.calls.map(([, ms]) => ms)).not.toContain(500);
    vi.restoreAllMocks();
  });

  test('whose header fields do not end is closed', async () => {
    const { client, port, password, fed } = await startFed();
    const encoder = client(`${password}\r\n${'icy-name: a\r\n'.repeat(1000)}`, port + 1);
    await encoder.closed;
    expect(fed).toEqual([]);
  });

  test.each([
    ['password', (password: string) => password.slice(0, 5)],
    ['headers', (password: string) => `${password}\r\nicy-name: a\r\n`],
  ])('that is slow to send its %s has ten seconds', async (what, said) => {
    const { client, port, password } = await startFed();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const encoder = client(said(password), port + 1);
    while (vi.getTimerCount() === 0) await turn();
    // The key of a password takes its time.
    while (what === 'headers' && encoder.text() !== OK) await turn();
    for (let turns = 0; turns < 20; turns++) await turn();
    vi.advanceTimersByTime(10_000);
    await encoder.closed;
    vi.useRealTimers();
  });

  test('is accepted while any number of connections send no password', async () => {
    const { client, port, password } = await startFed();
    const silent = Array.from({ length: 300 }, () => client('', port + 1));
    await Promise.all(silent.map(({ socket }) => socket.connecting && once(socket, 'connect')));
    const encoder = client(`${password}\r\n`, port + 1);
    await vi.waitUntil(() => encoder.text() === OK, wait);
  });

  test.each(['utf8', 'latin1'] as const)(
    'may have non-ASCII letters in its password, in %s',
    async (coding) => {
      const { client, port, publish } = await startFed();
      const password = 'R\xf3s und L\xf6we, zwanzig Zeichen';
      const { publicKey } = await keyOfPassword(password);
      const more = `<r:SOURCE name="station" key="${publicKey}" priority="255"/>`;
      const day = announcementXml('scattercast://radio.example/day', 'Day', { more });
      await publish(PATH.replace('night', 'day'), day);
      const encoder = client('', port + 1);
      encoder.socket.write(`${password}\r\n`, coding);
      await vi.waitUntil(() => encoder.text() !== '', wait);
      expect(encoder.text()).toBe(OK);
    },
  );

  test('is disconnected when the cluster closes', async () => {
    const { client, port, password, cluster } = await startFed();
    const encoders = [client('', port + 1), client(`${password}\r\n`, port + 1)];
    await vi.waitUntil(() => encoders[1]?.text() === OK, wait);
    await cluster.close();
    await Promise.all(encoders.map(({ closed }) => closed));
  });
});

test('A cluster whose next port is taken runs without it', async () => {
  const port = await freePair();
  const other = createServer().listen(port + 1, '127.0.0.1');
  await once(other, 'listening');
  let logged = '';
  const write = (line: string): void => {
    logged += line;
  };
  const { get } = await startFake({ port, log: pino({}, { write }) });
  expect((await get('/healthz')).status).toBe(200);
  expect(logged).toContain('SHOUTcast encoders cannot connect: the port is taken');
  other.close();
});
