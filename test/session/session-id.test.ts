import { describe, expect, test } from 'vitest';
import type { PublicKey } from '../../src/session/public-key.js';
import { parseSessionId, sessionId } from '../../src/session/session-id.js';
import { problemsOf } from './support.js';

const KEY = `${'k'.repeat(42)}A` as PublicKey;
const NAME = 'scattercast://radio.example/night';

describe('A session id', () => {
  test('is read as it is written', () => {
    const name = { text: NAME, creator: 'radio.example', session: 'night' };
    expect(sessionId({ name, key: KEY })).toBe(`${NAME}#${KEY}`);
    expect(parseSessionId(`${NAME}#${KEY}`)).toEqual({ ok: true, value: { name, key: KEY } });
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
