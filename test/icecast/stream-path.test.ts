import { describe, expect, test } from 'vitest';
import { isStreamOf, parseStreamPath } from '../../src/icecast/stream-path.js';
import { probedBytes } from '../../src/icecast/stream-request.js';
import { NIGHT } from '../scx/support.js';

describe('The path of a stream', () => {
  test.each([
    ['/live', '/live', 'mp3'],
    ['/live.mp3', '/live', 'mp3'],
    ['/live.MP3', '/live', 'mp3'],
    ['/live.mp3;', '/live', 'mp3'],
    ['/live;stream.nsv', '/live', 'mp3'],
    ['/live;.m3u', '/live', 'mp3'],
    ['/live.m3u', '/live', 'm3u'],
    ['/live.PLS', '/live', 'pls'],
    ['/live.xspf', '/live', 'xspf'],
    ['/live.v2', '/live.v2', 'mp3'],
    ['/;', '/', 'mp3'],
    ['/;stream.nsv', '/', 'mp3'],
    ['/a;b/c', '/a;b/c', 'mp3'],
    ['/a;b/c;d;e', '/a;b/c', 'mp3'],
    ['/live;a\nb', '/live', 'mp3'],
    ['/.mp3', '/', 'mp3'],
    ['', '', 'mp3'],
  ])('%s is the mount %s, as %s', (path, mount, ending) => {
    expect(parseStreamPath(path)).toEqual({ mount, ending });
  });

  test('without a mount is a stream only for players of SHOUTcast', () => {
    expect(['/;', '/;x'].map((path) => isStreamOf(path, NIGHT))).toEqual([true, true]);
    expect(['/', '', '/.mp3', ';'].some((path) => isStreamOf(path, NIGHT))).toBe(false);
  });
});

test.each([
  ['bytes=0-0', undefined, 1],
  ['bytes=0-1', undefined, 2],
  ['bytes=0-1', '0', 2],
  ['bytes=0-1', '1', undefined],
  ['bytes=0-', undefined, undefined],
  ['bytes=0-10', undefined, undefined],
  ['bytes=1-2', undefined, undefined],
  [undefined, undefined, undefined],
])('A range %s with Icy-MetaData %s is a look at %s bytes', (range, titles, bytes) => {
  expect(probedBytes(range, titles)).toBe(bytes);
});
