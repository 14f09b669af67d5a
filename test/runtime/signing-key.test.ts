import { describe, expect, test } from 'vitest';
import {
  drawSigningKey,
  sessionKeyOf,
  signingKeyOf,
  sourceKeyOf,
  verifierOf,
} from '../../src/runtime/signing-key.js';
import { isPublicKey } from '../../src/session/public-key.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('A signing key', () => {
  test('is that of RFC 8032 §7.1, test 1', () => {
    const seed = hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
    const { publicKey } = signingKeyOf(seed);
    expect(Buffer.from(publicKey, 'base64url').toString('hex')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    );
    expect(isPublicKey(publicKey)).toBe(true);
  });

  test('verifies what it signed, in that context, and nothing else', () => {
    const key = drawSigningKey();
    const bytes = Buffer.from('a lot');
    const signature = key.sign('lot', bytes);
    const verify = verifierOf(key.publicKey);
    expect(verify('lot', bytes, signature)).toBe(true);
    expect(verify('source', bytes, signature)).toBe(false);
    expect(verify('lot', Buffer.from('a bot'), signature)).toBe(false);
    expect(verify('lot', bytes, signature.subarray(1))).toBe(false);
    expect(verifierOf(drawSigningKey().publicKey)('lot', bytes, signature)).toBe(false);
  });

  test('of any 32 bytes as a public key verifies nothing, and does not throw', () => {
    const verify = verifierOf(Buffer.alloc(32, 255).toString('base64url') as never);
    expect(verify('lot', Buffer.from('x'), Buffer.alloc(64))).toBe(false);
  });

  test('of a token or of a password is the same each time, and another one in another session', async () => {
    expect(sessionKeyOf('token').publicKey).toBe(sessionKeyOf('token').publicKey);
    const one = sessionKeyOf('one').publicKey;
    const other = sessionKeyOf('other').publicKey;
    const key = await sourceKeyOf('password', one);
    expect((await sourceKeyOf('password', one)).publicKey).toBe(key.publicKey);
    expect((await sourceKeyOf('password', other)).publicKey).not.toBe(key.publicKey);
    expect((await sourceKeyOf('passwort', one)).publicKey).not.toBe(key.publicKey);
  });
});
