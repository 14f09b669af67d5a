import { describe, expect, test } from 'vitest';
import { createHeadBytes, type HeadEnd } from '../../../src/lib/head/head-bytes.js';

const LIMIT = 1000;

/** Adds pieces; returns how many of them were worth reading, and what was collected. */
function added(pieces: readonly string[], end: HeadEnd = 'empty line') {
  const head = createHeadBytes(end, [LIMIT]);
  const worth = pieces.filter((piece) => head.add(Buffer.from(piece, 'latin1')));
  return { count: worth.length, last: worth.at(-1), all: head.all.toString('latin1') };
}

const REQUEST = `GET /${'a'.repeat(40)} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('The bytes of a head', () => {
  test('are all there, in order, however they come', () => {
    expect(added([...REQUEST]).all).toBe(REQUEST);
    expect(added([REQUEST.slice(0, 30), REQUEST.slice(30)]).all).toBe(REQUEST);
  });

  test('stay as they are when others are added', () => {
    const head = createHeadBytes('empty line', []);
    const first = Buffer.from('GET /');
    head.add(first);
    const { all } = head;
    for (const byte of REQUEST) head.add(Buffer.from(byte));
    expect(all.toString()).toBe('GET /');
    expect(first.toString()).toBe('GET /');
  });

  test.each([
    ['CR LF', REQUEST],
    ['LF', REQUEST.replaceAll('\r', '')],
    ['both', `${REQUEST.slice(0, -2)}\n`],
  ])('are worth reading at the end of a head whose lines end with %s', (_what, text) => {
    const { last, count } = added([...text]);
    expect(last).toBe('\n');
    expect(count).toBe(16 + 1);
    expect(added([text.slice(0, -1), text.slice(-1)]).count).toBe(2);
  });

  test('are read a few times, not at each byte, whatever they are', () => {
    for (const text of ['a', 'a\n', 'a: b\r\n', '\r', '\n ', ' ']) {
      const bytes = [...text.repeat(2000)];
      expect(added(bytes).count).toBeLessThanOrEqual(16 + 1);
    }
  });

  test('are read where a limit is reached', () => {
    expect(added(['a'.repeat(20), 'a'.repeat(LIMIT - 21), 'a', 'a']).count).toBe(2);
  });

  test('of one line are worth reading at its end', () => {
    expect(added(['a'.repeat(20), 'b', '\n'], 'line')).toMatchObject({ count: 2, last: '\n' });
  });
});
