/** Encoders at a front end whose SCX is a bare socket. */
import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { PATH, startFed, textOf, wait } from '../fake-scx.js';
import { announcementXml } from '../support.js';

describe('A front end', () => {
  test('passes an encoder on with its own address, and all else unchanged', async () => {
    const { client, fedAs } = await startFed();
    const encoder = client(
      `PUT /${PATH}.mp3?priority=50 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic abc\r\n` +
        'X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nice-name: Caf\xe9\r\n' +
        'X-Scattercast-Mount: /other\r\n\r\n' +
        'sound',
    );
    const one = await fedAs(0);
    await vi.waitUntil(() => textOf(one).endsWith('sound'), wait);
    const [head = ''] = textOf(one).split('\r\n\r\n');
    expect(head.split('\r\n')).toEqual([
      `PUT /${PATH}?priority=50 HTTP/1.1`,
      'host: x',
      'authorization: Basic abc',
      'ice-name: CafÃ©',
      `x-scattercast-mount: /${PATH}.mp3`,
      expect.stringMatching(/^x-forwarded-for: /),
      'x-scattercast-carried: yes',
    ]);
    one.socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    await encoder.closed;
    expect(encoder.text()).toBe('HTTP/1.1 403 Forbidden\r\n\r\n');
  });

  test.each(['SOURCE', 'PUT'])('refuses %s to an unknown session', async (method) => {
    const { client, fed } = await startFed();
    const encoder = client(`${method} /radio.example/day HTTP/1.0\r\n\r\n`);
    await encoder.closed;
    expect(encoder.text()).toMatch(/^HTTP\/1\.1 404 [\s\S]*announce it here first/);
    expect(fed).toEqual([]);
  });

  test('lets an encoder wait while the SCX that has just died is replaced', async () => {
    const { client, fedAs, platform, get, httpUrl } = await startFed();
    const id = `${platform.launches[0]?.id}`;
    await platform.renew(id, { httpUrl: 'http://127.0.0.1:1/night.mp3' });
    const encoder = client(`PUT /${PATH} HTTP/1.1\r\n\r\nsound`);
    await once(encoder.socket, 'connect');
    await (await get('/healthz')).text();
    expect(encoder.text()).toBe('');
    await platform.renew(id, { httpUrl });
    const one = await fedAs(0);
    await vi.waitUntil(() => textOf(one).endsWith('sound'), wait);
  });

  test('refuses an encoder whose SCX stays away, in a way after which it tries again', async () => {
    const { client, platform } = await startFed();
    const httpUrl = 'http://127.0.0.1:1/night.mp3';
    await platform.renew(`${platform.launches[0]?.id}`, { httpUrl });
    const encoder = client(`PUT /${PATH} HTTP/1.1\r\n\r\nsound`);
    await encoder.closed;
    expect(encoder.text()).toMatch(/^HTTP\/1\.1 403 The session's SCX does not answer: try again/);
  });

  test('hands an encoder to an SCX that takes it, with its own address and what it has sent', async () => {
    const { client, fed, platform, get } = await startFed();
    platform.takesEncoders = true;
    const encoder = client(
      `PUT /${PATH}.mp3 HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9\r\nice-name: a\r\n\r\nsound`,
    );
    await encoder.closed; // our copy; there is no other in this test
    const [gift] = platform.gifts;
    expect(gift?.bytes.toString('latin1').split('\r\n')).toEqual([
      `PUT /${PATH} HTTP/1.1`,
      'ice-name: a',
      `x-scattercast-mount: /${PATH}.mp3`,
      'x-forwarded-for: 203.0.113.9',
      '',
      'sound',
    ]);
    expect(gift?.isAnswered).toBe(true);
    expect(fed).toEqual([]);
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('scattercast_encoders_total{way="handed_over"} 1');
  });

  test('has an encoder carried to an SCX that does not take it', async () => {
    const { client, fed, platform, get, httpUrl } = await startFed();
    platform.carriesEncoders = true;
    await client(`PUT /${PATH} HTTP/1.1\r\n\r\nsound`).closed; // our copy
    expect([platform.gifts.length, fed]).toEqual([1, []]);
    const [gift] = platform.carried;
    expect(gift?.scx).toEqual({ host: '127.0.0.1', port: Number(new URL(httpUrl).port) });
    expect(gift?.bytes.toString()).toMatch(/^PUT [\s\S]*\r\n\r\nsound$/);
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('scattercast_encoders_total{way="carried"} 1');
  });

  test('passes an encoder through that nobody else takes, and loses nothing', async () => {
    const { client, fedAs, platform, get } = await startFed();
    const encoder = client(`PUT /${PATH} HTTP/1.1\r\n\r\nsound`);
    const one = await fedAs(0);
    encoder.send(' and more');
    await vi.waitUntil(() => textOf(one).endsWith('\r\n\r\nsound and more'), wait);
    expect(platform.gifts).toHaveLength(1);
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('scattercast_encoders_total{way="passed"} 1');
  });

  test('counts an encoder that its SCX has taken for its address until it has gone', async () => {
    const { client, platform } = await startFed();
    platform.takesEncoders = true;
    const from = (address: string) =>
      client(`PUT /${PATH} HTTP/1.1\r\nX-Forwarded-For: ${address}\r\n\r\n`);
    const encoders = Array.from({ length: 40 }, () => from('203.0.113.9'));
    await Promise.all(encoders.map(({ closed }) => closed));
    expect(platform.gifts).toHaveLength(32);
    const refused = encoders.filter(({ text }) => /403 Too many encoders of your/.test(text()));
    expect(refused).toHaveLength(40 - 32);
    platform.gifts[0]?.onGone();
    await from('203.0.113.9').closed;
    expect(platform.gifts).toHaveLength(33);
  });

  test('slows the encoder down while the SCX reads nothing, and loses nothing', async () => {
    const { client, fedAs } = await startFed();
    const encoder = client(`PUT /${PATH} HTTP/1.1\r\n\r\n`);
    const one = await fedAs(0);
    one.socket.pause();
    const part = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < 64; sent++) encoder.socket.write(part);
    encoder.socket.end();
    let before = -1;
    await vi.waitUntil(
      () => {
        const isStill = encoder.socket.bytesWritten - encoder.socket.writableLength === before;
        before = encoder.socket.bytesWritten - encoder.socket.writableLength;
        return isStill && before > 0;
      },
      { timeout: 20_000, interval: 300 },
    );
    expect(encoder.socket.writableLength).toBeGreaterThan(32 * 1024 * 1024);
    one.socket.resume();
    await vi.waitUntil(() => one.isEnded, wait);
    const text = textOf(one);
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(64 * part.length);
  });

  test('passes on the end of an encoder, and the answer of the SCX to it', async () => {
    const { client, fedAs } = await startFed();
    const encoder = client(`PUT /${PATH} HTTP/1.1\r\n\r\nsound`);
    const one = await fedAs(0);
    encoder.socket.end();
    await vi.waitUntil(() => one.isEnded, wait);
    one.socket.end('HTTP/1.1 200 OK\r\n\r\n');
    await encoder.closed;
    expect(encoder.text()).toBe('HTTP/1.1 200 OK\r\n\r\n');
  });

  test('ends a connection when the encoder ends, or the SCX refuses it', async () => {
    const { client, fedAs } = await startFed();
    const first = client(`PUT /${PATH} HTTP/1.1\r\n\r\n`);
    const one = await fedAs(0);
    first.socket.resetAndDestroy();
    await vi.waitUntil(() => one.isEnded, wait);
    const second = client(`PUT /${PATH} HTTP/1.1\r\n\r\n`);
    (await fedAs(1)).socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    await second.closed;
  });

  test('keeps an encoder whose SCX dies, and brings it to the next one', async () => {
    const { client, fedAs } = await startFed();
    const encoder = client(`SOURCE /${PATH} HTTP/1.0\r\nAuthorization: Basic abc\r\n\r\nsound`);
    const one = await fedAs(0);
    one.socket.write('HTTP/1.0 200 OK\r\n\r\n');
    await vi.waitUntil(() => encoder.text() !== '', wait);
    one.socket.resetAndDestroy();
    const next = await fedAs(1);
    next.socket.write('HTTP/1.0 200 OK\r\n\r\n');
    encoder.send(' and more');
    await vi.waitUntil(() => textOf(next).endsWith('\r\n\r\n and more'), wait);
    expect(textOf(next)).toContain('authorization: Basic abc');
    expect(encoder.text()).toBe('HTTP/1.0 200 OK\r\n\r\n');
  });

  test('disconnects all encoders when it closes, also those without a complete head', async () => {
    const { client, fedAs, cluster } = await startFed();
    const texts = [`PUT /${PATH} HTTP/1.1\r\n\r\n`, `PUT /${PATH}`, 'SOURCE /', 'PUT /anno', 'P'];
    const encoders = texts.map((text) => client(text));
    await fedAs(0);
    await cluster.close();
    await Promise.all(encoders.map(({ closed }) => closed));
  });

  test('passes on at most 256 encoders, and refuses the next one with a reason', async () => {
    const { client, fed } = await startFed();
    const one = (n: number) =>
      client(`PUT /${PATH} HTTP/1.1\r\nX-Forwarded-For: 198.51.${n >> 8}.${n & 255}\r\n\r\n`);
    const encoders = Array.from({ length: 300 }, (_, n) => one(n));
    await vi.waitUntil(() => fed.length >= 256, wait);
    const refused = () =>
      encoders.filter(({ text }) => text().startsWith('HTTP/1.1 403 Too many encoders'));
    await vi.waitUntil(() => refused().length === 300 - 256, wait);
    expect(fed).toHaveLength(256);
    for (const { socket } of fed) socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    await Promise.all(encoders.map(({ closed }) => closed));
    one(300);
    await vi.waitUntil(() => fed.length === 257, wait);
  });

  test('passes on at most 32 encoders of one address, so that others are accepted', async () => {
    const { client, fed } = await startFed();
    const from = (address: string) =>
      client(`PUT /${PATH} HTTP/1.1\r\nX-Forwarded-For: ${address}\r\n\r\n`);
    const encoders = Array.from({ length: 40 }, (_, index) => from(`2001:db8::${index}`));
    const refused = () =>
      encoders.filter(({ text }) => /403 Too many encoders of your address/.test(text()));
    await vi.waitUntil(() => refused().length === 40 - 32, wait);
    from('198.51.100.7');
    await vi.waitUntil(() => fed.length === 32 + 1, wait);
    const open = () => encoders.filter(({ socket }) => !socket.destroyed).length;
    await vi.waitUntil(() => open() === 32, wait);
    fed[0]?.socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    await vi.waitUntil(() => open() === 31, wait);
    from('2001:db8::77');
    await vi.waitUntil(() => fed.length === 32 + 2, wait);
  });
});

describe('A connection to a front end', () => {
  const xml = announcementXml('scattercast://radio.example/day');
  const publish =
    `PUT /announcements/radio.example/day.xml HTTP/1.1\r\nHost: x\r\n` +
    `Content-Length: ${Buffer.byteLength(xml)}\r\n\r\n${xml}`;

  test.each([1, 4, 5, 18, 19, 20, 100])('that publishes may be cut after %i bytes', async (at) => {
    const { client } = await startFed({ anyoneMayAnnounce: true });
    const publisher = client(publish.slice(0, at));
    await once(publisher.socket, 'connect');
    await new Promise((resolve) => setImmediate(resolve));
    publisher.send(publish.slice(at));
    expect(await publisher.head()).toMatch(/^HTTP\/1\.1 201 /);
  });

  test('may publish twice, and ask in between', async () => {
    const { client } = await startFed({ anyoneMayAnnounce: true });
    const publisher = client(publish);
    await publisher.head();
    publisher.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitUntil(() => publisher.text().split('HTTP/1.1 200 ').length === 2, wait);
    publisher.send(publish);
    await vi.waitUntil(() => publisher.text().includes('HTTP/1.1 401 '), wait);
  });

  test("that carried an HTTP request cannot become an encoder's", async () => {
    const { client, fed } = await startFed();
    const encoder = client('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await encoder.head();
    encoder.send(
      `PUT /${PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
    );
    await vi.waitUntil(() => encoder.text().includes('HTTP/1.1 404 '), wait);
    expect(fed).toEqual([]);
  });
});
