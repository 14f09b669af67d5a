/** What comes from the network in pieces is cut into lines, or events. */
import { expect, test } from 'vitest';
import { createCutter } from '../../../web/common/cutter.js';

const LENGTH_MAX = 1000;

test('Lines are the same however they are cut, and one that is too long is dropped', () => {
  const cut = (pieces: readonly string[]): string[] => {
    const lines: string[] = [];
    const take = createCutter('\n', LENGTH_MAX, (line) => lines.push(line));
    for (const piece of pieces) take(piece);
    return lines;
  };
  expect(cut(['a\nb', 'c\n', '\nd'])).toEqual(['a', 'bc', '']);
  const endless = Array.from({ length: 100 }, () => 'x'.repeat(LENGTH_MAX));
  expect(cut([...endless, '\nnext\n'])).toEqual(['next']);
  expect(cut(['x'.repeat(LENGTH_MAX + 1), '\n', 'x'.repeat(LENGTH_MAX), '\n'])).toHaveLength(1);
});
