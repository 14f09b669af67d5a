import { expect, test } from 'vitest';
import { withoutBlanks } from '../../../src/lib/head/blanks.js';

test.each([
  ['', ''],
  [' \t ', ''],
  ['a', 'a'],
  [' \ta b\t ', 'a b'],
  ['\xc3\xa0', '\xc3\xa0'],
  ['\na\v', '\na\v'],
])('%j without blanks is %j', (text, expected) => {
  expect(withoutBlanks(text)).toBe(expected);
});
