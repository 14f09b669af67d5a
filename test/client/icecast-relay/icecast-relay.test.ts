import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { relay } from '../../../src/client/icecast-relay/icecast-relay.js';
import {
  type IcecastTarget,
  parseIcecastUrl,
} from '../../../src/client/icecast-relay/icecast-target.js';
import { EXIT } from '../../../src/lib/user-error.js';
import { ascii, joinBytes, makeToneFrames } from '../../mp3/make-mp3.js';
import {
  type Answer,
  mixTitles,
  type PullServer,
  play,
  startPullServer,
} from '../pull/pull-server.js';
import { type IcecastStandIn, PASSWORD, startIcecast } from './icecast-server.js';

const STREAM = 'HTTP/1.0 200 OK\r\ncontent-type: audio/mpeg\r\nicy-name: N\xc3\xa4cht';

let frames: Uint8Array[] = [];
beforeAll(async () => {
  frames = (await makeToneFrames({ seconds: 3 })).slice(1);
});

let icecast: IcecastStandIn;
let session: PullServer;
let stopping: AbortController;
let events: string[] = [];
let warnings: string[] = [];

beforeEach(async () => {
  icecast = await startIcecast();
  stopping = new AbortController();
  events = [];
  warnings = [];
});
afterEach(async () => {
  stopping.abort();
  await session?.close();
  await icecast.close();
  expect([...events, ...warnings].join()).not.toMatch(/hack/);
});

async function begin(
  target: IcecastTarget,
  ...answers: Answer[]
): Promise<{ readonly over: Promise<void> }> {
  session = await startPullServer(...answers);
  const over = relay({
    urls: [session.url],
    target,
    onEvent: (text) => events.push(text),
    onWarning: (text) => warnings.push(text),
    signal: stopping.signal,
  });
  over.catch(() => undefined);
  return { over };
}

/** The stream of the first frames, which stays open; the last one is not known to be whole. */
const firstFrames = (count: number): Answer => play(STREAM, joinBytes(frames.slice(0, count + 1)));

const bytesOf = (from: number, to: number): Buffer =>
  Buffer.from(joinBytes(frames.slice(from, to)));

describe('A relay', () => {
  test('sends the same frames as a source, and the titles', async () => {
    const sound = joinBytes(frames.slice(0, 61));
    const mixed = mixTitles(sound, 8192, ascii("StreamTitle='A & B = ö';"));
    const { over } = await begin(icecast.target, play(`${STREAM}\r\nicy-metaint: 8192`, mixed));
    await icecast.until(
      () => (icecast.visits('PUT')[0]?.body().length ?? 0) >= bytesOf(0, 60).length,
    );
    const [put] = icecast.visits('PUT');
    expect(put?.body().equals(bytesOf(0, 60))).toBe(true);
    expect(put?.head).toMatch(/^PUT \/night\.mp3 HTTP\/1\.1\r\n/);
    const credentials = Buffer.from(`me:${PASSWORD}`).toString('base64');
    for (const line of [
      `Authorization: Basic ${credentials}`,
      'Content-Type: audio/mpeg',
      'Expect: 100-continue',
      'ice-name: Nächt',
      'ice-bitrate: 128',
      'ice-public: 0',
    ]) {
      expect(put?.head).toContain(`\r\n${line}\r\n`);
    }
    await icecast.until(() => icecast.visits('GET').some(({ head }) => head.includes('song=A')));
    const update = icecast.visits('GET').at(-1)?.head ?? '';
    const query = new URL(`http://x${update.split(' ')[1]}`).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      ...{ mount: '/night.mp3', mode: 'updinfo', charset: 'UTF-8', song: 'A & B = ö' },
    });
    expect(update).toContain(`Basic ${credentials}`);
    stopping.abort();
    await over;
    expect(events).toContain(`relaying to ${icecast.target.label}`);
    expect(warnings).toEqual([]);
  });

  test('is a SOURCE where PUT is not known', async () => {
    icecast.answers.set('PUT', '405 Method Not Allowed');
    await begin(icecast.target, firstFrames(20));
    const whole = bytesOf(0, 20);
    await icecast.until(() => (icecast.visits('SOURCE')[0]?.body().length ?? 0) >= whole.length);
    expect(icecast.visits('SOURCE')[0]?.head).toMatch(/^SOURCE \/night\.mp3 HTTP\/1\.0\r\n/);
    expect(icecast.visits('SOURCE')[0]?.head).not.toContain('Expect');
    expect(icecast.visits('SOURCE')[0]?.body().equals(whole)).toBe(true);
  });

  test.each([
    ['401 Unauthorized', /^the Icecast server of .* refuses: user name or password is wrong$/],
    ['403 Forbidden', /does another source use it/],
    ['409 Conflict', /another source uses the mount/],
    ['415 Unsupported', /does not accept MP3/],
    ['302 Found', /status 302/],
  ])('ends when the server says %s at the beginning', async (answer, sentence) => {
    for (const method of ['PUT', 'SOURCE']) icecast.answers.set(method, answer);
    const { over } = await begin(icecast.target, async (socket, head) => {
      firstFrames(20)(socket, head);
      await icecast.until(() => icecast.visits('PUT').length > 0);
      setInterval(() => socket.write(joinBytes(frames.slice(20, 22))), 20).unref();
    });
    const error = await over.catch((reason) => reason);
    expect(error).toMatchObject({
      exitCode: EXIT.refused,
      message: expect.stringMatching(sentence),
    });
    expect(error.message).not.toMatch(/hack/);
  });

  test('connects again when the server breaks off, and sends what waits', async () => {
    let write = (_from: number, _to: number): void => undefined;
    await begin(icecast.target, (socket, head) => {
      firstFrames(20)(socket, head);
      write = (from, to) => void socket.write(joinBytes(frames.slice(from, to)));
    });
    await icecast.until(
      () => (icecast.visits('PUT')[0]?.body().length ?? 0) >= bytesOf(0, 20).length,
    );
    icecast.visits('PUT')[0]?.cut();
    while (warnings.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    write(21, 81);
    const rest = bytesOf(20, 80);
    await icecast.until(() => (icecast.visits('PUT')[1]?.body().length ?? 0) >= rest.length);
    expect(icecast.visits('PUT')[1]?.body().equals(rest)).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/is lost .*connecting again$/)]);
    // The title is sent over each connection.
    await icecast.until(() => icecast.visits('GET').length === 2);
  });

  test('listens again when the session breaks off, and sends nothing twice', async () => {
    const broken: Answer = (socket, head) => {
      firstFrames(40)(socket, head);
      setTimeout(() => socket.end(), 100);
    };
    await begin(icecast.target, broken, play(STREAM, joinBytes(frames.slice(10, 82))));
    const whole = bytesOf(0, 81);
    await icecast.until(() => (icecast.visits('PUT')[0]?.body().length ?? 0) >= whole.length);
    expect(icecast.visits('PUT')[0]?.body().equals(whole)).toBe(true);
    expect(icecast.visits('PUT')).toHaveLength(1);
  });

  test('ends when the session cannot be listened to', async () => {
    const none: Answer = (socket) => socket.end('HTTP/1.0 404 Not Found\r\n\r\n');
    const { over } = await begin(icecast.target, none);
    await expect(over).rejects.toMatchObject({ exitCode: EXIT.refused });
  });

  test('reports that no server answers, without the password', async () => {
    await icecast.close();
    const { over } = await begin(icecast.target, (socket, head) => {
      firstFrames(20)(socket, head);
      setInterval(() => socket.write(joinBytes(frames.slice(20, 22))), 20).unref();
    });
    const error = await over.catch((reason) => reason);
    expect(error).toMatchObject({ exitCode: EXIT.unreachable });
    expect(error.message).toMatch(/^the Icecast server of 127\.0\.0\.1:\d+\/night\.mp3 cannot be/);
    icecast = await startIcecast();
  });
});

describe('The address of a mount', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

  test('has a user, a password, a host, a port and a mount', () => {
    expect(parseIcecastUrl('icecast://me:pa%3Ass@radio.example:8443/a%20b')).toEqual({
      ...{ host: 'radio.example', port: 8443, mount: '/a%20b', authorization: basic('me:pa:ss') },
      label: 'radio.example:8443/a%20b',
    });
  });

  test.each([
    ['icecast://:x@h/m', 'h', 8000, 'source:x'],
    ['icecast://source:100%@h:80/m', 'h', 80, 'source:100%'],
    ['ICECAST://u:p@[::1]:9000/m', '::1', 9000, 'u:p'],
  ])('may be %s', (text, host, port, credentials) => {
    const target = { host, port, authorization: basic(credentials) };
    expect(parseIcecastUrl(text)).toMatchObject(target);
  });

  test.each([
    'icecast://h/m',
    'icecast://u:p@h',
    'icecast://u:p@h/',
    'http://u:p@h/m',
    'icecast://u:p@h/m?x',
    'x',
  ])('is not %s', (text) => {
    expect(parseIcecastUrl(text)).toBeUndefined();
  });

  test('takes no password of 64 KiB', () => {
    expect(parseIcecastUrl(`icecast://u:${'p'.repeat(65_536)}@h/m`)).toBeUndefined();
  });
});
