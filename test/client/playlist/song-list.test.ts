import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseM3u } from '../../../src/client/playlist/m3u.js';
import { shuffled } from '../../../src/client/playlist/shuffle.js';
import { listSongs } from '../../../src/client/playlist/song-list.js';
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

describe('A playlist file', () => {
  test('gives a title to the next path only', () => {
    expect(parseM3u('#EXTINF:-1,One\n#EXTINF:,Two\na\nb')).toEqual([
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
