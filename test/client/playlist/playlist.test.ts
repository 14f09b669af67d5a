import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaylistEvent, Program } from '../../../src/client/playlist/playlist.js';
import * as playlists from '../../../src/client/playlist/playlist.js';
import { EXIT, type UserError } from '../../../src/lib/user-error.js';
import { id3Text, makeId3, makeId3Frame, makeId3v1 } from '../../mp3/make-id3.js';
import { ascii, joinBytes, makeFrame, makeToneFrames, noiseBytes } from '../../mp3/make-mp3.js';

let directory = '';
let frames: Uint8Array[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'playlist-test-'));
  // The encoder's first frame may be a table, which the framer does not let through.
  frames = (await makeToneFrames({ seconds: 2 })).slice(1);
});
afterAll(() => rmSync(directory, { recursive: true }));

const write = (name: string, ...parts: Uint8Array[]): string => {
  const file = join(directory, name);
  writeFileSync(file, joinBytes(parts));
  return file;
};

const tag = (title: string, artist: string): Uint8Array =>
  makeId3([makeId3Frame('TIT2', id3Text(0, title)), makeId3Frame('TPE1', id3Text(0, artist))]);

const openPlaylist = (program: Program) =>
  playlists.openPlaylist(program, () => undefined, new AbortController().signal);

const play = (...files: string[]): Program => ({ kind: 'files', files, loop: false });

async function collect(program: Program, most = Number.POSITIVE_INFINITY) {
  const events: PlaylistEvent[] = [];
  for await (const event of await openPlaylist(program)) {
    events.push(event);
    if (events.length >= most) break;
  }
  return events;
}

const framesIn = (events: readonly PlaylistEvent[]): Uint8Array[] =>
  events.flatMap((event) => (event.kind === 'frame' ? [event.bytes] : []));

const titlesIn = (events: readonly PlaylistEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'title' ? [event.title] : []));

const problemOf = async (program: Program): Promise<UserError> =>
  openPlaylist(program).then(
    () => {
      throw new Error('it was taken');
    },
    (error: UserError) => error,
  );

describe('A playlist', () => {
  test('plays each frame of each file once, in order', async () => {
    const one = write('one.mp3', ...frames.slice(0, 30));
    const two = write('two.mp3', ...frames.slice(30));
    expect(framesIn(await collect(play(one, two)))).toEqual(frames);
  });

  test('names a track by its tag, or by its file', async () => {
    const tagged = write('tagged.mp3', tag('Song', 'Band'), ...frames);
    const plain = write('late_night set.mp3', ...frames);
    const events = await collect(play(tagged, plain));
    expect(titlesIn(events)).toEqual(['Band - Song', 'late night set']);
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'frame')).toEqual([
      ...['track', 'title'],
      ...['track', 'title'],
    ]);
  });

  test('steps over album art that is larger than 1 MiB', async () => {
    const art = makeId3([makeId3Frame('APIC', noiseBytes(2 ** 20 + 5000))]);
    const file = write('art.mp3', art, ...frames);
    expect(framesIn(await collect(play(file)))).toEqual(frames);
  });

  test('steps over junk between frames and a frame that was cut off', async () => {
    const half = (frames[0] as Uint8Array).subarray(0, 100);
    const junk = ascii('junk '.repeat(300));
    const file = write('junk.mp3', ...frames.slice(0, 40), junk, ...frames.slice(40), half);
    expect(framesIn(await collect(play(file)))).toEqual(frames);
  });

  test('estimates the length of a file to a frame', async () => {
    const file = write('length.mp3', tag('Song', 'Band'), ...frames);
    const lengths = (await collect(play(file))).flatMap((event) =>
      event.kind === 'frame' ? [event.lengthMs ?? 0] : [],
    );
    const realMs = (frames.length * 1152 * 1000) / 44_100;
    for (const lengthMs of lengths) expect(Math.abs(lengthMs - realMs)).toBeLessThan(60);
  });

  test('begins again when it loops', async () => {
    const file = write('loop.mp3', ...frames.slice(0, 10));
    const events = await collect({ kind: 'files', files: [file], loop: true }, 40);
    expect(framesIn(events).slice(0, 20)).toEqual([...frames.slice(0, 10), ...frames.slice(0, 10)]);
  });

  test('names every file that cannot be played before it begins', async () => {
    const good = write('good.mp3', ...frames);
    const text = write('text.mp3', ascii('not music. '.repeat(1000)));
    const empty = write('empty.mp3');
    const absent = join(directory, 'absent.mp3');
    const error = await problemOf(play(good, text, empty, absent));
    expect(error.exitCode).toBe(EXIT.file);
    expect(error.message.split('\n')).toEqual([
      expect.stringContaining('text.mp3 holds no MP3'),
      expect.stringMatching(/empty\.mp3 is empty$/),
      `cannot read ${absent}: there is no such file`,
    ]);
  });

  test('names an empty stream as such, and not as something else than MP3', async () => {
    const error = await problemOf({ kind: 'stream', stream: Readable.from([]) });
    expect(error.message).toMatch(/^nothing came from standard input before it ended/);
    expect(error.exitCode).toBe(EXIT.file);
  });

  test('steps over album art of 40 MiB, but not over a tag that is longer than its file', async () => {
    const art = makeId3([makeId3Frame('APIC', new Uint8Array(40 * 2 ** 20))]);
    expect(framesIn(await collect(play(write('large-art.mp3', art, ...frames))))).toEqual(frames);
    const wrong = Uint8Array.of(...ascii('ID3'), 4, 0, 0, 127, 127, 127, 127);
    expect(framesIn(await collect(play(write('wrong.mp3', wrong, ...frames))))).toEqual(frames);
  });

  test('names MP3 in free format, behind a tag, too', async () => {
    const free = Uint8Array.of(0xff, 0xfb, 0x00, 0x44, ...noiseBytes(400));
    const error = await problemOf(play(write('free.mp3', tag('a', 'b'), free)));
    expect(error.message).toMatch(/free\.mp3 is MP3 in free format/);
  });

  test('looks no further than 1 MiB for the first frame', async () => {
    const zeros = new Uint8Array(2 ** 20 + 70_000);
    const error = await problemOf(play(write('zeros.mp3', zeros, ...frames)));
    expect(error.message).toContain('zeros.mp3 holds no MP3');
  });

  test('skips a file that has broken since it was checked, with the reason', async () => {
    const one = write('stays.mp3', ...frames.slice(0, 5));
    const two = write('breaks.mp3', ...frames.slice(0, 5));
    const playlist = await openPlaylist({ kind: 'files', files: [two, one], loop: false });
    rmSync(two);
    const events: PlaylistEvent[] = [];
    for await (const event of playlist) events.push(event);
    expect(events[0]).toEqual({
      kind: 'skipped',
      reason: `cannot read ${two}: there is no such file`,
    });
    expect(framesIn(events)).toHaveLength(5);
  });

  test('ends a loop when none of its files can be played any longer', async () => {
    const file = write('gone.mp3', ...frames.slice(0, 5));
    const playlist = await openPlaylist({ kind: 'files', files: [file], loop: true });
    rmSync(file);
    const rest = (async () => {
      for await (const event of playlist) if (event.kind === 'frame') throw new Error('a frame');
    })();
    await expect(rest).rejects.toMatchObject({ exitCode: EXIT.file });
  });

  test('gives the title of the program to songs that have none of their own', async () => {
    const files = [
      write('untagged.mp3', ...frames),
      write('own.mp3', tag('Song', 'Band'), ...frames),
    ];
    const program: Program = { kind: 'files', files, title: 'Night loop', loop: false };
    expect(titlesIn(await collect(program))).toEqual(['Night loop', 'Band - Song']);
  });

  test('plays a stream, with the titles of all the tags in it', async () => {
    const bytes = joinBytes([tag('A', 'X'), ...frames, tag('B', 'Y'), ...frames]);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, index) =>
      bytes.subarray(index * 1000, (index + 1) * 1000),
    );
    const events = await collect({ kind: 'stream', stream: Readable.from(chunks) });
    expect(framesIn(events)).toEqual([...frames, ...frames]);
    expect(titlesIn(events)).toEqual(['X - A', 'Y - B']);
  });

  test('names a track by ID3v1 at its end, but ID3v2 wins', async () => {
    const end = makeId3v1('Old song', 'Old band');
    const old = write('old.mp3', ...frames, end);
    const both = write('both.mp3', tag('Song', 'Band'), ...frames, end);
    expect(titlesIn(await collect(play(old, both)))).toEqual([
      'Old band - Old song',
      'Band - Song',
    ]);
  });

  test('joins files at frame boundaries, without the tables and tags at both ends', async () => {
    const encoded = await makeToneFrames({ seconds: 1 });
    const table = makeFrame({}, 0, 0);
    table.set(ascii('Info'), 36);
    const end = makeId3v1('Song', 'Band');
    const one = write('join-1.mp3', tag('Song', 'Band'), table, ...encoded.slice(1), end);
    const two = write('join-2.mp3', table, ...encoded.slice(1), end);
    const expected = [...encoded.slice(1), ...encoded.slice(1)];
    expect(framesIn(await collect(play(one, two)))).toEqual(expected);
  });

  test('plays frames of different bit rates, each for its own time', async () => {
    const vbr = [9, 11, 5, 14, 9, 9, 1, 9].map((bitrate) => makeFrame({ bitrate }));
    const events = await collect(play(write('vbr.mp3', ...vbr)));
    expect(framesIn(events)).toEqual(vbr);
    expect(events.flatMap((event) => (event.kind === 'frame' ? [event.bitrateKbps] : []))).toEqual([
      ...[128, 192, 64, 320, 128, 128, 32, 128],
    ]);
  });

  test('skips a file of a directory that cannot be played, with the reason', async () => {
    const found = join(directory, 'found');
    mkdirSync(found);
    writeFileSync(join(found, 'a.mp3'), 'no music');
    writeFileSync(join(found, 'b.mp3'), joinBytes(frames.slice(0, 5)));
    const events = await collect(play(found));
    expect(events[0]).toMatchObject({ kind: 'skipped', reason: expect.stringContaining('a.mp3') });
    expect(framesIn(events)).toHaveLength(5);
  });

  test('refuses a directory of which nothing plays, before it begins', async () => {
    const bad = join(directory, 'bad');
    mkdirSync(bad);
    writeFileSync(join(bad, 'a.mp3'), 'no music');
    const error = await problemOf(play(bad));
    expect(error).toMatchObject({ exitCode: EXIT.file });
    expect(error.message).toMatch(/none of the files found can be played; .*a\.mp3 holds no MP3/);
  });

  test('plays a directory of which the first files are broken', async () => {
    const mixed = join(directory, 'mixed');
    mkdirSync(mixed);
    for (let index = 10; index < 40; index++) writeFileSync(join(mixed, `${index}.mp3`), 'x');
    writeFileSync(join(mixed, '99.mp3'), joinBytes(frames.slice(0, 5)));
    const told: string[] = [];
    const signal = new AbortController().signal;
    const playlist = await playlists.openPlaylist(play(mixed), (text) => told.push(text), signal);
    const events: PlaylistEvent[] = [];
    for await (const event of playlist) events.push(event);
    expect(framesIn(events)).toHaveLength(5);
    expect(told).toEqual(['the first 20 files found cannot be played']);
  });

  test('shuffles each round anew, and repeats no song at once', async () => {
    const files = [1, 2, 3].map((each) =>
      write(`shuffle-${each}.mp3`, ...frames.slice(each, each + 3)),
    );
    const program: Program = { kind: 'files', files, loop: true, shuffle: true };
    const events = await collect(program, 600);
    const titles = titlesIn(events);
    for (let at = 0; at + 3 <= titles.length; at += 3) {
      expect(new Set(titles.slice(at, at + 3)).size).toBe(3);
    }
    expect(titles.some((title, at) => at > 0 && title === titles[at - 1])).toBe(false);
    const rounds = new Set(
      titles.map((_, at) => titles.slice(at, at + 3).join()).filter((_, at) => at % 3 === 0),
    );
    expect(rounds.size).toBeGreaterThan(1);
  });

  test('names the format of a stream that is not MP3', async () => {
    const stream = Readable.from([joinBytes([ascii('OggS'), new Uint8Array(100_000)])]);
    const error = await problemOf({ kind: 'stream', stream });
    expect(error.message).toMatch(/^standard input is Ogg, not MP3: .*ffmpeg -f mp3/);
  });

  test('looks no further than 64 KiB for the first frame of a stream', async () => {
    const stream = new PassThrough({ highWaterMark: 2 ** 20 });
    stream.write(new Uint8Array(70_000));
    expect((await problemOf({ kind: 'stream', stream })).message).toContain('holds no MP3');
  });

  test('refuses a stream that holds no MP3', async () => {
    const stream = Readable.from([ascii('hello')]);
    const error = await problemOf({ kind: 'stream', stream });
    expect(error.message).toMatch(/^standard input holds no MP3/);
  });
});
