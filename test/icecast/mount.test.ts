import { describe, expect, test } from 'vitest';
import { isMountOf, mountOf, priorityOf, sessionOfMount } from '../../src/icecast/mount.js';
import { drawSigningKey } from '../../src/runtime/signing-key.js';
import { identity } from '../session/signed.js';

const NIGHT = identity('scattercast://radio.example/night');

describe('A mount', () => {
  test.each([
    '/radio.example/night',
    '/radio.example/night.mp3',
    '/RADIO.example/night',
    '/radio.example/ni%67ht',
    '/radio.example/night?priority=3',
    'http://anywhere:8000/radio.example/night?priority=3',
    '/night',
    '/night.mp3',
    `/radio.example/night@${NIGHT.key}`,
    `/radio.example/night@${NIGHT.key}.mp3?priority=3`,
  ])('%s feeds the session', (target) => {
    expect(isMountOf(target, NIGHT)).toBe(true);
  });

  test.each([
    '/',
    '',
    '/Night',
    '/night.ogg',
    '/nights',
    '//night',
    '/radio.example',
    '/radio.example/day',
    '/other.example/night',
    '/radio.example/night/x',
    '/radio.example/../night',
    '/radio.example/night%00',
    '/radio.example/%ff',
    '/%',
    '/night.mp3.mp3',
    '*',
    `/radio.example/night@${drawSigningKey().publicKey}`,
    `/night@${NIGHT.key}`,
  ])('"%s" does not', (target) => {
    expect(isMountOf(target, NIGHT)).toBe(false);
  });

  test('names a session, and is the mount of that session', () => {
    expect(mountOf(NIGHT)).toBe('/radio.example/night');
    expect(sessionOfMount(mountOf(NIGHT))?.text).toBe(NIGHT.text);
    expect(sessionOfMount('/night')).toBeUndefined();
    expect(sessionOfMount(`/radio.example/${'n'.repeat(1000)}`)).toBeUndefined();
  });

  test.each([
    ['/night', undefined],
    ['/night?', undefined],
    ['/night?other=1', undefined],
    ['/night?priority=0', 0],
    ['/night?priority=050', 50],
    ['/night?priority=255', 255],
    ['/night?a=b&priority=7', 7],
    ['/night?priority=7&priority=9', 7],
    ['/night?priority=7#x', 7],
    ['/night?priority=256', 'bad'],
    ['/night?priority=-1', 'bad'],
    ['/night?priority=1.5', 'bad'],
    ['/night?priority=', 'bad'],
    ['/night?priority=0x10', 'bad'],
    ['/night?priority=NaN', 'bad'],
    ['/night?priority=%zz', 'bad'],
    ['/night?priority=1%00', 'bad'],
  ])('%s has the priority %s', (target, priority) => {
    expect(priorityOf(target)).toBe(priority);
  });
});
