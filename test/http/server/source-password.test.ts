import { expect, test } from 'vitest';
import { createSourcePassword } from '../../../src/http/server/source-password.js';
import { hashSecret } from '../../../src/runtime/secrets.js';

const RIGHT = 'k3nd8w-abcdef-ghjkmn-pqrstu';
const ADDRESS = '198.51.100.7';
const create = () => createSourcePassword(hashSecret(RIGHT), () => 0);

test('A source password admits clients that have it, and names the reason to others', () => {
  const password = create();
  expect(password.verifySource(RIGHT, ADDRESS)).toEqual({ kind: 'ok' });
  expect(password.verifySource(undefined, ADDRESS)).toMatchObject({ kind: 'missing', delayMs: 0 });
  for (const wrong of ['', 'x', `${RIGHT} `, RIGHT.toUpperCase(), hashSecret(RIGHT), '\0']) {
    expect(password.verifySource(wrong, '127.0.0.1')).toMatchObject({ kind: 'wrong' });
  }
  expect(password.counters).toEqual({ missing: 1, wrong: 6 });
});

test('A source password delays a client that guesses, but no other and not the right password', () => {
  const password = create();
  const guess = (address: string) => password.verifySource('guess', address);
  const delays = Array.from({ length: 5 }, () => guess(ADDRESS)).map((verdict) =>
    verdict.kind === 'ok' ? Number.NaN : verdict.delayMs,
  );
  expect(delays).toEqual([0, 0, 0, 500, 1000]);
  expect(guess('198.51.100.8')).toMatchObject({ delayMs: 0 });
  expect(password.verifySource(RIGHT, ADDRESS)).toEqual({ kind: 'ok' });
  expect(guess(ADDRESS)).toMatchObject({ delayMs: 0 });
});

test('A missing source password is no guess: encoders probe that way', () => {
  const password = create();
  for (let n = 0; n < 10; n++) password.verifySource(undefined, ADDRESS);
  expect(password.verifySource('guess', ADDRESS)).toMatchObject({ kind: 'wrong', delayMs: 0 });
});

test('A source password longer than 1 KiB is refused, even if it is the right one', () => {
  const long = 'é'.repeat(513);
  const password = createSourcePassword(hashSecret(long), () => 0);
  expect(password.verifySource(long, ADDRESS)).toMatchObject({ kind: 'wrong' });
  expect(password.verifySource('x'.repeat(65_536), ADDRESS)).toMatchObject({ kind: 'wrong' });
});

test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '192.168.1.7', '2001:db8::1', ''])(
  'A session without a source key takes no source, also not from %s',
  (address) => {
    const password = createSourcePassword(undefined, () => 0);
    for (const given of [undefined, '', 'any']) {
      const verdict = password.verifySource(given, address);
      expect(verdict).toMatchObject({
        kind: 'wrong',
        reason: expect.stringContaining('no source key'),
      });
    }
  },
);

test('A source key can be replaced', () => {
  const password = create();
  password.setKey(hashSecret('other'));
  expect(password.verifySource(RIGHT, ADDRESS).kind).toBe('wrong');
  expect(password.verifySource('other', ADDRESS).kind).toBe('ok');
});
