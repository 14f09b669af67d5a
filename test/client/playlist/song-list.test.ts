import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePlaylist } from '../../../src/client/playlist/playlist-file.js';
import { shuffled } from '../../../src/client/playlist/shuffle.js';
import * as songLists from '../../../src/client/playlist/song-list.js';
import { openFile } from '../../../src/client/track/track-input.js';
import { EXIT } from '../../../src/lib/user-error.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'songs-test-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const put = (path: string, content: string | Uint8Array = ''): string => {
  const file = join(directory, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  return file;
};

/** What was told, in the last list. */
let told: string[] = [];
const listSongs = (operands: readonly string[]) => {
  told = [];
  return songLists.listSongs(operands, (text) => told.push(text));
};

const pathsOf = async (...operands: string[]): Promise<string[]> =>
  (await listSongs(operands)).map(({ file }) => relative(directory, file));

describe('The list of songs', () => {
  test('has the MP3 files of a directory and those below it, in natural order', async () => {
    for (const name of ['a10.mp3', 'a2.mp3', 'B.MP3', 'cover.jpg', '._a2.mp3', 'disc 10/x.mp3']) {
      put(`tree/${name}`);
    }
    put('tree/disc 9/2.mp3');
    put('tree/disc 9/11.mp3');
    symlinkSync(join(directory, 'tree'), join(directory, 'tree/disc 9/circle'));
    expect(await pathsOf(join(directory, 'tree'))).toEqual([
      'tree/a2.mp3',
      'tree/a10.mp3',
      'tree/B.MP3',
      'tree/disc 9/2.mp3',
      'tree/disc 9/11.mp3',
      'tree/disc 10/x.mp3',
    ]);
  });

  test('keeps the order of what the user named, and knows that it was named', async () => {
    const two = put('named/2.mp3');
    const one = put('named/1.mp3');
    expect(await listSongs([two, one, join(directory, 'named')])).toEqual([
      { file: two, named: true },
      { file: one, named: true },
      { file: one, named: false },
      { file: two, named: false },
    ]);
  });

  test('takes paths in a playlist from where the playlist is, with their titles', async () => {
    const list = put(
      'lists/night.m3u',
      '#EXTM3U\r\n#EXTINF:12,Band, The - Song\r\nsub/a.mp3\r\n\r\n# x\r\n/b.mp3\r\n',
    );
    expect(await listSongs([list])).toEqual([
      { file: join(directory, 'lists/sub/a.mp3'), title: 'Band, The - Song', named: false },
      { file: '/b.mp3', named: false },
    ]);
  });

  test('reads a playlist as UTF-8, or else as Latin-1', async () => {
    const utf8 = put('lists/utf8.m3u8', '\uFEFFBjörk.mp3');
    const latin1 = put('lists/latin1.m3u', Buffer.from('Bj\xf6rk.mp3', 'latin1'));
    expect(await pathsOf(utf8, latin1)).toEqual(['lists/Björk.mp3', 'lists/Björk.mp3']);
  });

  test.each([
    ['backslashes', '..\\strange\\sub dir\\ä.mp3'],
    ['a drive of Windows', 'C:\\Music\\sub dir\\ä.mp3'],
    ['a drive of Windows in a URL', 'file:///c:/Music/sub%20dir/%C3%A4.mp3'],
    ['percent signs', 'sub%20dir/%C3%A4.mp3'],
    ['backslashes and percent signs', 'sub%20dir\\%c3%a4.mp3'],
    ['a file URL', 'file://DIRECTORY/strange/sub%20dir/%C3%A4.mp3'],
    ['a file URL with a host', 'file://localhostDIRECTORY/strange/sub%20dir/ä.mp3'],
  ])('takes a path with %s in a playlist', async (_what, path) => {
    put('strange/sub dir/ä.mp3');
    const list = put('strange/list.m3u', path.replace('DIRECTORY', directory));
    expect(await pathsOf(list)).toEqual(['strange/sub dir/ä.mp3']);
  });

  test('takes a path as it is written if there is such a file', async () => {
    for (const name of ['100%25.mp3', '100%.mp3', 'a\\b.mp3', 'a/b.mp3']) put(`literal/${name}`);
    const list = put('literal/list.m3u', '100%25.mp3\na\\b.mp3\n');
    expect(await pathsOf(list)).toEqual(['literal/100%25.mp3', 'literal/a\\b.mp3']);
  });

  test('opens files whose names are not UTF-8, from directories and playlists', async () => {
    mkdirSync(join(directory, 'latin1'));
    const name = Buffer.from('ca\xe9.mp3', 'latin1');
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/latin1/`), name]), 'x');
    const list = put(
      'latin1/list.m3u',
      Buffer.concat([Buffer.from('#EXTINF:1,\xe9t\xe9\n', 'latin1'), name]),
    );
    const songs = await listSongs([join(directory, 'latin1'), list]);
    expect(songs.map(({ title }) => title)).toEqual([undefined, 'été']);
    for (const { file } of songs) {
      expect((await openFile(file)).sizeBytes).toBe(1);
      expect((await openFile(file)).name).toBe('caé');
    }
  });

  test('leaves out a directory below that cannot be read', async () => {
    put('partly/a.mp3');
    put('partly/lost+found/b.mp3');
    chmodSync(directory, 0o755);
    chmodSync(join(directory, 'partly/lost+found'), 0);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534); // Root can read every directory.
    try {
      expect(await pathsOf(join(directory, 'partly'))).toEqual(['partly/a.mp3']);
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(join(directory, 'partly/lost+found'), 0o700);
    }
    expect(told).toEqual([
      expect.stringMatching(/^left out: cannot read .*lost\+found: permission denied$/),
    ]);
  });

  test('names --from for a URL in place of a file, and takes the URL of a file', async () => {
    const file = put('url/a b.mp3');
    expect(await pathsOf(`file://${directory}/url/a%20b.mp3`)).toEqual(['url/a b.mp3']);
    const url = listSongs([file, 'http://radio.example/live.mp3']);
    await expect(url).rejects.toThrow(/"http:.*live\.mp3" is a URL, and no file; --from URL/);
  });

  test('lists all problems at once', async () => {
    const urls = put('lists/urls.m3u', 'a.mp3\nhttp://radio.example/live.mp3\n');
    const none = put('lists/none.m3u', '#EXTM3U\n');
    const large = put('lists/large.m3u', 'x\n'.repeat(2 * 2 ** 20 + 1));
    put('no-music/notes.txt');
    const operands = [urls, none, large, join(directory, 'no-music'), join(directory, 'gone.m3u')];
    const error = await listSongs(operands).catch((reason) => reason);
    expect(error.exitCode).toBe(EXIT.file);
    expect(error.message.split('\n')).toEqual([
      expect.stringMatching(/urls\.m3u names "http:\/\/radio\.example\/live\.mp3": .*--from URL/),
      expect.stringMatching(/none\.m3u names no file/),
      expect.stringMatching(/large\.m3u is too large for a playlist/),
      expect.stringMatching(/no-music contains no file whose name ends in \.mp3/),
      expect.stringMatching(/cannot read .*gone\.m3u: there is no such file/),
    ]);
  });

  test('is refused beyond 32 levels of directories', async () => {
    put(`deep/${'d/'.repeat(40)}a.mp3`);
    await expect(listSongs([join(directory, 'deep')])).rejects.toThrow(/32 directories deep/);
  });
});

const parse = (text: string, encoding: BufferEncoding = 'utf8') =>
  parsePlaylist(Buffer.from(text, encoding));

describe('A playlist file', () => {
  test.each([
    ['utf16le', '\uFEFFa.mp3\r\nü.mp3\r\n'],
    ['utf16le', 'a.mp3\r\nü.mp3\r\n'],
    ['utf8', '\uFEFFa.mp3\nü.mp3\n'],
  ] as const)('may be in %s: %j', (encoding, text) => {
    expect(parse(text, encoding)).toEqual([{ path: 'a.mp3' }, { path: 'ü.mp3' }]);
    if (encoding !== 'utf16le') return;
    const bigEndian = Buffer.from(text, encoding).swap16();
    expect(parsePlaylist(bigEndian)).toEqual([{ path: 'a.mp3' }, { path: 'ü.mp3' }]);
  });

  test('may have commas in the quoted attributes of a title line', () => {
    const attributes = 'tvg-name="One, two" logo=",",Band - Song, live';
    const [entry] = parse(`#EXTINF:-1 ${attributes}\na.mp3`);
    expect(entry).toEqual({ path: 'a.mp3', title: 'Band - Song, live' });
    expect(parse('#EXTINF:1 a="b,Song\na.mp3')[0]?.title).toBe('Song');
  });

  test('may be a PLS file, in any order', () => {
    const lines = [
      ...['[playlist]', 'Title2=Two', 'File2=b.mp3', 'File10=c.mp3', 'File1=a.mp3', 'Length1=9'],
      ...['NumberOfEntries=3', 'Version=2', 'Title99=None'],
    ];
    expect(parse(lines.join('\r\n'))).toEqual([
      { path: 'a.mp3' },
      { path: 'b.mp3', title: 'Two' },
      { path: 'c.mp3' },
    ]);
  });

  test('takes no long time, whatever it says', () => {
    const hostile = [`#EXTINF:${'"'.repeat(2e6)}`, `#EXTINF:${'"a",'.repeat(5e5)}"`];
    expect(parse([...hostile, 'a.mp3'].join('\n')).map(({ path }) => path)).toEqual(['a.mp3']);
  });

  test('gives a title to the next path only', () => {
    expect(parse('#EXTINF:-1,One\n#EXTINF:,Two\na\nb')).toEqual([
      { path: 'a', title: 'Two' },
      { path: 'b' },
    ]);
  });
});

describe('A shuffled order', () => {
  const items = ['a', 'b', 'c', 'd'];

  test('has each item once', () => {
    for (let seed = 0; seed < 50; seed++) {
      const order = shuffled(items, undefined, () => (seed * 0.137) % 1);
      expect([...order].sort()).toEqual(items);
    }
  });

  test('never begins with the last item of the round before', () => {
    for (const last of items) {
      for (let seed = 0; seed < 100; seed++) {
        let state = seed / 100;
        const random = (): number => {
          state = (state * 7.31 + 0.17) % 1;
          return state;
        };
        expect(shuffled(items, last, random)[0]).not.toBe(last);
      }
    }
  });

  test('of one item is that item', () => {
    expect(shuffled(['a'], 'a', Math.random)).toEqual(['a']);
  });
});
