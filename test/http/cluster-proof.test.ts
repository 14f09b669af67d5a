import { describe, expect, test } from 'vitest';
import { createProofCheck, proveRequest } from '../../src/http/cluster-proof.js';

const SECRET = 'the secret of a cluster';
const REQUEST = { method: 'POST', target: '/leases?a=b', body: '{"a":1}' };

/** A check, and a request that was proven `agoMs` before. */
function setUp(agoMs = 0, secret = SECRET) {
  const check = createProofCheck(SECRET, () => 1_000_000);
  return { check, proof: proveRequest(secret, REQUEST, () => 1_000_000 - agoMs) };
}

describe('The proof of a request', () => {
  test('is accepted once, and does not contain the secret', () => {
    const { check, proof } = setUp();
    expect(proof.value).not.toContain(SECRET);
    expect(check.isProven(proof.value, REQUEST)).toBe(true);
    expect(check.isProven(proof.value, REQUEST)).toBe(false);
  });

  test.each([
    { ...REQUEST, method: 'PUT' },
    { ...REQUEST, target: '/leases?a=c' },
    { ...REQUEST, body: '{"a":2}' },
  ])('holds for no other request: %j', (other) => {
    const { check, proof } = setUp();
    expect(check.isProven(proof.value, other)).toBe(false);
    expect(check.isProven(proof.value, REQUEST)).toBe(true);
  });

  test.each([
    ['another secret', 0, 'guess', false],
    ['20 s', 20_000, SECRET, true],
    ['more than 20 s', 20_001, SECRET, false],
    ['the future', -20_001, SECRET, false],
  ])('of %s is checked', (_what, agoMs, secret, isGood) => {
    const { check, proof } = setUp(agoMs, secret);
    expect(check.isProven(proof.value, REQUEST)).toBe(isGood);
  });

  test.each([undefined, '', '1', '1.2.3', SECRET, `${'9'.repeat(15)}.${'a'.repeat(66)}`])(
    'that is malformed is refused: %j',
    (value) => expect(setUp().check.isProven(value, REQUEST)).toBe(false),
  );
});

test('The proof of an answer holds for this request, status and body only', () => {
  const { check, proof } = setUp();
  const shown = check.answerTo(proof.value, 200, 'body');
  expect(proof.isAnsweredBy(shown, 200, 'body')).toBe(true);
  expect(proof.isAnsweredBy(shown, 410, 'body')).toBe(false);
  expect(proof.isAnsweredBy(shown, 200, 'other')).toBe(false);
  expect(proof.isAnsweredBy(undefined, 200, 'body')).toBe(false);
  expect(setUp().proof.isAnsweredBy(shown, 200, 'body')).toBe(false);
  const stranger = createProofCheck('guess').answerTo(proof.value, 200, 'body');
  expect(proof.isAnsweredBy(stranger, 200, 'body')).toBe(false);
});
