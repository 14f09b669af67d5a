import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHeadRewriter } from '../../src/icecast/response-head.js';
import { RESPONSE_CASES } from './response-cases.js';

/** What comes out of the pieces. */
function rewritten(bytes: Buffer, size: number): Buffer {
  const head = createHeadRewriter();
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    parts.push(head.take(bytes.subarray(at, at + size)));
  }
  return Buffer.concat([...parts, head.rest()]);
}

const BODY = '\xff\xfb\n\n\r\n\r\nICY audio';

describe('The head of an answer', () => {
  test.each(RESPONSE_CASES)('with $what is HTTP afterwards, in any pieces', ({ head }) => {
    const bytes = Buffer.from(`${head}${BODY}`, 'latin1');
    for (const size of [1, 2, 7, bytes.length]) {
      const text = rewritten(bytes, size).toString('latin1');
      expect(text).toMatch(/^HTTP\/1\.[01] 200 OK\r\n([!-~]+:[^\r\n]*\r\n)+\r\n/);
      expect(text.endsWith(`\r\n\r\n${BODY}`)).toBe(true);
    }
  });

  test.each(['<html>', 'ICE 200', '\x16\x03\x01', 'HTP/1.0 200 OK', 'a'])(
    'that is none (%j) passes at once',
    (text) => {
      expect(createHeadRewriter().take(Buffer.from(text, 'latin1')).toString('latin1')).toBe(text);
    },
  );

  test('is held back for 16 KiB at most', () => {
    const head = createHeadRewriter();
    expect(head.take(Buffer.from(`HTTP/1.0 200 OK\r\na: ${'x'.repeat(16_000)}`))).toHaveLength(0);
    expect(head.take(Buffer.alloc(1000, 'x')).length).toBeGreaterThan(16_384);
    expect(createHeadRewriter().take(Buffer.alloc(20_000, '\n')).length).toBe(20_000);
  });

  test('changes no byte of anything else, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 9 }),
        (raw, size) => {
          const bytes = Buffer.from(raw);
          fc.pre(!/^\s*(HTTP\/|ICY )/.test(bytes.toString('latin1')));
          expect(rewritten(bytes, size)).toEqual(bytes);
        },
      ),
    );
  });
});
