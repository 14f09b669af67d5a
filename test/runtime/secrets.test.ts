import { describe, expect, test } from 'vitest';
import {
  drawId,
  drawPassword,
  drawToken,
  hasHash,
  hashSecret,
  isSameSecret,
} from '../../src/runtime/secrets.js';

describe('A drawn secret', () => {
  test('has the form that its readers check', () => {
    expect(drawPassword()).toMatch(/^([a-hjkmnp-z2-9]{6}-){3}[a-hjkmnp-z2-9]{6}$/);
    expect(drawToken()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(drawId()).toMatch(/^[0-9a-f]{16}$/);
  });

  test('is another one each time', () => {
    for (const draw of [drawPassword, drawToken, drawId]) {
      expect(new Set(Array.from({ length: 100 }, draw)).size).toBe(100);
    }
  });
});

test.each([
  ['secret', 'secret', true],
  ['secreT', 'secret', false],
  ['secre', 'secret', false],
  ['secretz', 'secret', false],
  ['', 'secret', false],
  ['', '', true],
  ['\u00fc', 'u', false],
])('%j is the secret %j: %s', (given, secret, expected) => {
  expect(isSameSecret(given, secret)).toBe(expected);
  expect(hasHash(given, hashSecret(secret))).toBe(expected);
});

test('The hash of a secret is the SHA-256 that announcements carry', () => {
  expect(hashSecret('abc')).toBe('sha256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
});
