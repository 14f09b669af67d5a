/** Pulling from servers: each thing that icecast-parser alone would fail at, and more. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseMetaint } from '../../../src/client/pull/icy-splitter.js';
import { openIcyStream, type Station } from '../../../src/client/pull/icy-stream.js';
import { labelOf, pull } from '../../../src/client/pull/pull.js';
import type { TrackEvent } from '../../../src/client/track/track.js';
import { EXIT } from '../../../src/lib/user-error.js';
import { createLatch } from '../../../src/runtime/latch.js';
import { RESPONSE_CASES } from '../../icecast/response-cases.js';
import { ascii, joinBytes, makeToneFrames } from '../../mp3/make-mp3.js';
import {
  type Answer,
  mixTitles,
  type PullServer,
  play,
  say,
  startPullServer,
} from './pull-server.js';

const OK = 'HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg';
const ICY = 'ICY 200 OK\r\nicy-name: Night\r\ncontent-type: audio/mpeg';
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

let frames: Uint8Array[] = [];
let audio: Uint8Array = new Uint8Array();
beforeAll(async () => {
  frames = (await makeToneFrames({ seconds: 3 })).slice(1);
  audio = joinBytes(frames);
});

let server: PullServer;
let stopping = new AbortController();
afterEach(async () => {
  stopping.abort();
  await server.close();
});

interface Heard {
  readonly frames: Uint8Array[];
  readonly titles: string[];
  readonly told: string[];
  readonly station: Station | undefined;
}

/** Pulls until `count` frames have come. */
async function hear(count: number, ...answers: Answer[]): Promise<Heard> {
  server = await startPullServer(...answers);
  stopping = new AbortController();
  const { signal } = stopping;
  const heard = { frames: [] as Uint8Array[], titles: [] as string[], told: [] as string[] };
  let station: Station | undefined;
  const onStation = (found: Station): void => {
    station = found;
  };
  const tell = (text: string): void => void heard.told.push(text);
  const options = { urls: [server.url], tell, onStation, stallMs: 500, signal };
  for await (const event of pull(options)) {
    take(event, heard);
    if (heard.frames.length >= count) break;
  }
  return { ...heard, station };
}

function take(event: TrackEvent, heard: Omit<Heard, 'station'>): void {
  if (event.kind === 'frame') heard.frames.push(event.bytes);
  else heard.titles.push(event.title);
}

/** All but the last frame, which is known to be complete only when another one follows. */
const ALL = (): number => frames.length - 1;

describe('A pulled stream', () => {
  test('is split into its frames and titles', async () => {
    const titles = [ascii("StreamTitle='A - B';"), new Uint8Array(), ascii("StreamTitle='C';")];
    const mixed = mixTitles(audio, 4096, ...titles);
    const heard = await hear(ALL(), play(`${OK}\r\nicy-metaint: 4096\r\nicy-name: Night`, mixed));
    expect(heard.frames).toEqual(frames.slice(0, -1));
    // Of the first title nothing is known before its block comes.
    expect(heard.titles).toEqual(['Night', 'A - B', 'C']);
    expect(server.heads[0]).toMatch(/^GET \/live HTTP\/1\.1\r\n/);
    expect(server.heads[0]).toMatch(/\r\nicy-metadata: 1\r\n/i);
  });

  test('may begin with "ICY 200 OK", even in pieces', async () => {
    const heard = await hear(ALL(), (socket) => {
      const bytes = Buffer.concat([
        Buffer.from(`${ICY}\r\nicy-genre: J\xe4zz\r\n\r\n`, 'latin1'),
        audio,
      ]);
      for (const at of [0, 1, 2, 3, 4, 5]) socket.write(bytes.subarray(at, at + 1));
      setImmediate(() => socket.write(bytes.subarray(6)));
    });
    expect(heard.frames).toEqual(frames.slice(0, -1));
    expect(heard.titles).toEqual(['Night']);
    expect(heard.station).toEqual({ name: 'Night', genre: 'Jäzz', url: undefined });
  });

  test('needs no icy-metaint', async () => {
    const heard = await hear(ALL(), play(OK, audio));
    expect(heard.frames).toEqual(frames.slice(0, -1));
    expect(heard.titles).toEqual([server.url.host]);
  });

  test.each(['0', ' 0 ', '00'])('has no titles when icy-metaint is "%s"', async (metaint) => {
    const heard = await hear(ALL(), play(`ICY 200 OK\r\nicy-metaint: ${metaint}`, audio));
    expect(heard.frames).toEqual(frames.slice(0, -1));
    expect([heard.told, server.heads.length]).toEqual([[], 1]);
  });

  test.each(RESPONSE_CASES)('may begin with $what', async ({ head }) => {
    const heard = await hear(ALL(), (socket) => {
      socket.write(Buffer.concat([Buffer.from(head, 'latin1'), audio]));
    });
    expect(heard.frames).toEqual(frames.slice(0, -1));
    expect(heard.station?.name).toBe('Night');
  });

  test.each(['1', '255', '70000', '-16000', 'x', '1e3'])(
    'is requested again without titles when icy-metaint is %s',
    async (metaint) => {
      const bad = play(`${OK}\r\nicy-metaint: ${metaint}`, audio);
      const heard = await hear(ALL(), bad, play(OK, audio));
      expect(heard.frames).toEqual(frames.slice(0, -1));
      expect(heard.told).toEqual([expect.stringContaining('titles that cannot be read')]);
      expect(server.heads[1]).not.toMatch(/icy-metadata/i);
    },
  );

  test('is refused when an invalid icy-metaint comes without a request for titles', async () => {
    const bad = play(`${OK}\r\nicy-metaint: 1`, audio);
    await expect(hear(1, bad)).rejects.toMatchObject({ exitCode: EXIT.refused });
  });

  test("keeps titles with '; in them, and takes Latin-1 for what it is", async () => {
    const titles = ["StreamTitle='it';s';StreamUrl='x';", "StreamTitle='Mot\xf6rhead';"];
    const mixed = mixTitles(audio, 8192, ...titles.map(latin1));
    const heard = await hear(ALL(), play(`${OK}\r\nicy-metaint: 8192`, mixed));
    expect(heard.titles.slice(1)).toEqual(["it';s", 'Motörhead']);
  });

  test('has the name of its station as title when its own title is empty', async () => {
    const mixed = mixTitles(audio, 8192, ascii("StreamTitle='A';"), ascii("StreamTitle='';"));
    const heard = await hear(ALL(), play(`${ICY}\r\nicy-metaint: 8192`, mixed));
    expect(heard.titles).toEqual(['Night', 'A', 'Night']);
  });

  test('is found behind redirects', async () => {
    const moved = (to: string): Answer => say(`HTTP/1.0 302 Found\r\nLocation: ${to}`);
    const heard = await hear(1, moved('/there'), moved('../deep/other?x=1'), play(OK, audio));
    expect(heard.frames).toHaveLength(1);
    expect(server.heads.map((head) => head.split(' ')[1])).toEqual([
      '/live',
      '/there',
      '/deep/other?x=1',
    ]);
  });

  test.each([
    [say('HTTP/1.0 302 Found\r\nLocation: /live'), /redirects more than 5 times/],
    [say('HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd'), /redirects to "file:/],
    [say('HTTP/1.0 302 Found'), /status 302/],
    [say('HTTP/1.0 401 Unauthorized'), /wants a password/],
    [say('HTTP/1.0 404 Not Found'), /nothing is on the air/],
    [say('HTTP/1.0 500 No'), /status 500/],
    [say('HTTP/1.0 200 OK\r\nContent-Type: audio/aac'), /"audio\/aac": only MP3/],
    [say('HTTP/1.0 200 OK\r\nContent-Type: application/ogg'), /only MP3/],
    [
      say('HTTP/1.0 200 OK\r\nContent-Type: audio/x-mpegurl'),
      /a playlist: give the stream's own URL/,
    ],
    [say('HTTP/1.0 200 OK', ascii('OggS'.repeat(30_000))), /is Ogg, not MP3/],
    [say('SSH-2.0-OpenSSH'), /no stream server answers there/],
    [say(`HTTP/1.0 200 OK\r\nX: ${'x'.repeat(2 ** 20)}`), /no stream server answers there/],
    [(socket: { resetAndDestroy(): void }) => socket.resetAndDestroy(), /cannot be reached/],
  ])('is refused with one sentence when it cannot begin: %#', async (answer, sentence) => {
    const error = await hear(1, answer as Answer).catch((reason) => reason);
    expect(error.message).toMatch(sentence);
    expect([EXIT.refused, EXIT.unreachable, EXIT.file]).toContain(error.exitCode);
    expect(error.message).not.toContain('\n');
  });

  test('is requested again when the server is busy', async () => {
    const busy = say('HTTP/1.0 503 Service Unavailable\r\nRetry-After: 1');
    const heard = await hear(1, busy, busy, play(OK, audio));
    expect(heard.told).toEqual([expect.stringMatching(/status 503; connecting again$/)]);
  });

  test('is connected to again when it is reset, and goes on', async () => {
    const half = Math.floor(frames.length / 2);
    const reset: Answer = (socket, head) => {
      play(OK, joinBytes(frames.slice(0, half)))(socket, head);
      setTimeout(() => socket.resetAndDestroy(), 100);
    };
    const heard = await hear(ALL(), reset, play(OK, joinBytes(frames.slice(half))));
    expect(heard.told).toEqual([expect.stringMatching(/has ended; connecting again$/)]);
    expect(heard.frames).toEqual(frames.slice(0, -1));
  });

  test('is connected to again when it ends, and its burst is not played twice', async () => {
    const first = say(OK, joinBytes(frames.slice(0, 60)));
    const second = play(OK, joinBytes(frames.slice(20)));
    const heard = await hear(ALL(), first, second);
    expect(heard.frames).toEqual(frames.slice(0, -1));
    expect(heard.told).toEqual([expect.stringMatching(/has ended; connecting again$/)]);
  });

  test('is connected to again when it stalls', async () => {
    const first = play(OK, joinBytes(frames.slice(0, 60)));
    const heard = await hear(ALL(), first, play(OK, joinBytes(frames.slice(40))));
    expect(heard.frames).toEqual(frames.slice(0, -1));
    expect(heard.told).toEqual([
      expect.stringMatching(/is lost \(it has sent nothing for 0\.5 s\); connecting again$/),
    ]);
  });

  test('keeps its title until another connection brings a title', async () => {
    const named = mixTitles(joinBytes(frames.slice(0, 60)), 4096, ascii("StreamTitle='A';"));
    const first = say(`${ICY}\r\nicy-metaint: 4096`, named);
    const heard = await hear(ALL(), first, play(ICY, joinBytes(frames.slice(40))));
    expect(new Set(heard.titles.slice(1))).toEqual(new Set(['A']));
  });

  test('goes on at the next URL when the first one has no stream any more', async () => {
    const first = say(OK, joinBytes(frames.slice(0, 60)));
    const gone = say('HTTP/1.0 404 Not Found');
    const other = await startPullServer(play(OK, joinBytes(frames.slice(50))));
    server = await startPullServer(first, gone);
    stopping = new AbortController();
    const heard = { frames: [] as Uint8Array[], titles: [], told: [] };
    const options = { urls: [server.url, other.url], tell: () => undefined };
    for await (const event of pull({ ...options, signal: stopping.signal })) {
      take(event, heard);
      if (heard.frames.length === ALL()) break;
    }
    expect(heard.frames).toEqual(frames.slice(0, -1));
    await other.close();
  });

  test('is shown without its password', () => {
    expect(labelOf(new URL('http://me:secret@radio.example/a'))).toBe('http://radio.example/a');
  });
});

describe('The header icy-metaint', () => {
  test('is taken with the intervals that servers use, and no others', () => {
    expect(['256', '8192', ' 16000 ', '65536'].map(parseMetaint)).toEqual([
      256, 8192, 16_000, 65_536,
    ]);
    for (const bad of ['', '1', '255', '65537', '16000.5', '0x1000', '999999999']) {
      expect(parseMetaint(bad)).toBeUndefined();
    }
  });
});

describe('The parts of a stream with titles', () => {
  const sound = new Uint8Array(2 ** 20).map((_, index) => index % 251);
  const title = (number: number): string => `Song ${number}`;
  const blockOf = (number: number) => ascii(`StreamTitle='${title(number)}';`);
  /** In every block, so that many stand in one chunk. */
  const titlesOf = (metaint: number) =>
    Array.from({ length: Math.floor(sound.length / metaint) }, (_, number) => blockOf(number));

  const open = async (answer: Answer): Promise<AsyncGenerator<Uint8Array | string>> => {
    server = await startPullServer(answer);
    stopping = new AbortController();
    const { signal } = stopping;
    const common = { url: server.url, label: 'it', tell: () => undefined, stallMs: 500, signal };
    return (await openIcyStream(common)).chunks;
  };

  /** Audio in pieces as long as it has one title, and those titles. */
  const collect = async (chunks: AsyncIterable<Uint8Array | string>) => {
    const pieces: Uint8Array[][] = [[]];
    const titles: string[] = [];
    for await (const part of chunks) {
      if (typeof part !== 'string') pieces.at(-1)?.push(part);
      else if (titles.push(part) > 0) pieces.push([]);
    }
    return { pieces: pieces.map((piece) => Buffer.concat(piece)), titles };
  };

  test.each([
    [256, 2 ** 20],
    [256, 4097],
    [1000, 255],
    [65_536, 70_001],
  ])('are in order with icy-metaint %i, in chunks of %i bytes', async (metaint, size) => {
    const mixed = mixTitles(sound, metaint, ...titlesOf(metaint));
    const chunks = await open((socket) => {
      socket.write(`${OK}\r\nicy-metaint: ${metaint}\r\n\r\n`, 'latin1');
      for (let at = 0; at < mixed.length; at += size) socket.write(mixed.subarray(at, at + size));
      socket.end();
    });
    const { pieces, titles } = await collect(chunks);
    expect(titles).toEqual(titlesOf(metaint).map((_, number) => title(number)));
    expect(Buffer.concat(pieces).equals(sound)).toBe(true);
    // Each title stands exactly behind its interval of audio.
    expect(new Set(pieces.slice(0, -1).map((piece) => piece.length))).toEqual(new Set([metaint]));
  });

  test('wait for a slow reader, and are not lost', async () => {
    const mixed = mixTitles(sound, 4096, ...titlesOf(4096));
    const chunks = await open(say(`${OK}\r\nicy-metaint: 4096`, mixed));
    const slowly = async function* () {
      for await (const part of chunks) {
        yield part;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const { pieces, titles } = await collect(slowly());
    expect(titles).toHaveLength(256);
    expect(Buffer.concat(pieces).equals(sound)).toBe(true);
    expect(new Set(pieces.slice(0, -1).map((piece) => piece.length))).toEqual(new Set([4096]));
  });

  test('end when the connection is reset', async () => {
    const chunks = await open((socket) => {
      play(`${OK}\r\nicy-metaint: 4096`, mixTitles(sound.subarray(0, 10_000), 4096))(socket, '');
      setTimeout(() => socket.resetAndDestroy(), 100);
    });
    const { pieces } = await collect(chunks);
    expect(Buffer.concat(pieces).equals(sound.subarray(0, 10_000))).toBe(true);
  });

  test('throw when the server sends nothing more', async () => {
    const mixed = mixTitles(sound.subarray(0, 10_000), 4096);
    const chunks = await open(play(`${OK}\r\nicy-metaint: 4096`, mixed));
    await expect(collect(chunks)).rejects.toThrow('it has sent nothing for 0.5 s');
  });

  test('end at once when they are no longer wanted, and leave the server', async () => {
    const left = createLatch();
    const chunks = await open((socket, head) => {
      socket.once('close', () => left.resolve());
      play(`${OK}\r\nicy-metaint: 4096`, mixTitles(sound.subarray(0, 10_000), 4096))(socket, head);
    });
    expect((await chunks.next()).done).toBe(false);
    stopping.abort();
    const { pieces } = await collect(chunks);
    expect(Buffer.concat(pieces).length).toBeLessThan(10_000);
    await left.promise;
  });
});
