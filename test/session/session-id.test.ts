import { describe, expect, test } from 'vitest';
import type { PublicKey } from '../../src/session/public-key.js';
import {
  identityOf,
  nameInId,
  parseSessionId,
  parseSessionRef,
  refPath,
} from '../../src/session/session-id.js';
import { problemsOf } from './support.js';

const KEY = `${'k'.repeat(42)}A` as PublicKey;
const NAME = 'scattercast://radio.example/night';

describe('A session id', () => {
  test('is read as it is written', () => {
    const name = { text: NAME, creator: 'radio.example', session: 'night' };
    const identity = { ...name, key: KEY, id: `${NAME}#${KEY}` };
    expect(identityOf(name, KEY)).toEqual(identity);
    expect(parseSessionId(`${NAME}#${KEY}`)).toEqual({ ok: true, value: identity });
    expect(nameInId(identity.id)).toBe(NAME);
  });

  test.each([
    '',
    NAME,
    `${NAME}#`,
    `${NAME}#${KEY}#${KEY}`,
    `${NAME}#${KEY} `,
    `${NAME}#${'x'.repeat(43)}`,
    `${NAME}/#${KEY}`,
    `scattercast://RADIO.example/night#${KEY}`,
    `#${KEY}`,
  ])('is refused if it is %j', (text) => expect(problemsOf(parseSessionId(text))).not.toBe(''));
});

describe('A path of a session', () => {
  test.each(['radio.example/night', `radio.example/night@${KEY}`])('is %s', (path) => {
    const ref = parseSessionRef(path);
    expect(ref.ok && refPath(ref.value)).toBe(path);
  });

  test.each([
    'radio.example/night@',
    'radio.example/night@key',
    `radio.example@${KEY}`,
    `@${KEY}`,
    `radio.example/night@${KEY}@${KEY}`,
    `radio.example/night@${KEY}.mp3`,
  ])('is refused if it is %s', (path) => expect(problemsOf(parseSessionRef(path))).not.toBe(''));
});
