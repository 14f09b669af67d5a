import { expect, test } from 'vitest';
import { excerpt } from '../../src/lib/excerpt.js';

test('An excerpt shows a short text as it is', () => {
  expect(excerpt('Radio Zürich 📻')).toBe('"Radio Zürich 📻"');
});

test('An excerpt shows at most 80 characters', () => {
  expect(excerpt('x'.repeat(80))).toBe(`"${'x'.repeat(80)}"`);
  expect(excerpt('x'.repeat(81))).toBe(`"${'x'.repeat(80)}…"`);
  expect(excerpt('📻'.repeat(1_000_000))).toBe(`"${'📻'.repeat(80)}…"`);
});

test('An excerpt shows nothing that steers a terminal', () => {
  expect(excerpt('a\u001b[2Jb\r\nc\u202ed\ud800')).toBe('"a\ufffd[2Jb\ufffd\ufffdc\ufffdd\ufffd"');
});
