import { describe, expect, test } from 'vitest';
import { createSessionProofCheck, hashOfBody, signRequest } from '../../src/http/session-proof.js';
import { drawSigningKey, verifierOf } from '../../src/runtime/signing-key.js';

const KEY = drawSigningKey();
const NOW = 1_800_000_000_000;
const REQUEST = { method: 'PUT', target: '/announcements/a/b.xml?c=d' };
const AT = 'radio.example:8000';

const sign = (at = NOW, body = 'body') => signRequest(KEY, AT, { ...REQUEST, body }, () => at);
const create = () => {
  const { check } = createSessionProofCheck(() => NOW);
  const verify = verifierOf(KEY.publicKey);
  return (value: string | undefined, request = REQUEST, names = [AT]) =>
    check(value, verify, request, names);
};

describe('The signature of a request', () => {
  test('tells the hash of the body, and holds once', () => {
    const check = create();
    const value = sign();
    const signed = { kind: 'signed', bodyHash: hashOfBody('body'), atMs: NOW };
    expect(check(value)).toEqual(signed);
    expect(check(value)).toEqual({ kind: 'used' });
    expect(check(sign())).toEqual(signed);
  });

  test('holds for any name of ours that it was made for', () => {
    expect(create()(sign(), REQUEST, ['localhost:8000', AT]).kind).toBe('signed');
    expect(create()(sign(), REQUEST, ['localhost:8000']).kind).toBe('wrong');
    expect(create()(sign(), REQUEST, []).kind).toBe('wrong');
  });

  test('holds for no other request, and for nothing that was changed in it', () => {
    const check = create();
    expect(check(sign(), { ...REQUEST, method: 'DELETE' }).kind).toBe('wrong');
    expect(check(sign(), { ...REQUEST, target: '/announcements/a/b.xml' }).kind).toBe('wrong');
    const [at = '', nonce = '', , signature = ''] = sign().split('.');
    expect(check([at, nonce, hashOfBody('other'), signature].join('.')).kind).toBe('wrong');
    expect(check([`${NOW + 1}`, nonce, hashOfBody('body'), signature].join('.')).kind).toBe(
      'wrong',
    );
  });

  test('of another key is wrong', () => {
    const value = signRequest(drawSigningKey(), AT, REQUEST, () => NOW);
    expect(create()(value).kind).toBe('wrong');
  });

  test('holds for ten minutes, before and after', () => {
    expect(create()(sign(NOW - 600_000)).kind).toBe('signed');
    for (const aheadMs of [-600_001, 600_001]) {
      expect(create()(sign(NOW + aheadMs))).toEqual({ kind: 'late', aheadMs });
    }
  });

  test.each(['', 'x', '1.2.3.4', 'a'.repeat(100_000)])(
    'that is malformed is wrong: %#',
    (value) => {
      expect(create()(value).kind).toBe('wrong');
    },
  );

  test('may be missing', () => expect(create()(undefined)).toEqual({ kind: 'missing' }));
});
