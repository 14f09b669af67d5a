import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ICY_INTERVAL_BYTES,
  icyBlock,
  icyStart,
  insertTitles,
  type TitledAudio,
} from '../../src/icecast/icy-metadata.js';

const textOf = (block: Uint8Array): string =>
  Buffer.from(block.subarray(1)).toString().replace(/\0+$/, '');

/** A listener's stream from its beginning. */
const woven = (pieces: readonly TitledAudio[]): Uint8Array => {
  const place = icyStart();
  return Buffer.concat(pieces.flatMap((piece) => insertTitles(place, piece, icyBlock)));
};

/** What a player does. */
function unweave(stream: Uint8Array) {
  const audio: number[] = [];
  const blocks: { at: number; text: string }[] = [];
  let left = ICY_INTERVAL_BYTES;
  for (let at = 0; at < stream.length; ) {
    if (left > 0) {
      audio.push(stream[at++] ?? 0);
      left--;
      continue;
    }
    const size = (stream[at] ?? 0) * 16;
    blocks.push({ at: audio.length, text: textOf(stream.subarray(at, at + 1 + size)) });
    at += 1 + size;
    left = ICY_INTERVAL_BYTES;
  }
  return { audio: Uint8Array.from(audio), blocks };
}

describe('A block', () => {
  test('is a length in units of 16, the title, and zeros', () => {
    const block = icyBlock('A - B');
    expect(block[0]).toBe(2);
    expect(block.length).toBe(33);
    expect(textOf(block)).toBe("StreamTitle='A - B';");
  });

  test('is not ended early by characters of the title', () => {
    expect(textOf(icyBlock("x';StreamUrl='http://evil/';"))).toBe(
      "StreamTitle='x\u2019;StreamUrl='http://evil/\u2019;';",
    );
  });

  test('of a long title is cut where a character ends', () => {
    const block = icyBlock('ü'.repeat(5000));
    expect(block.length).toBeLessThanOrEqual(1 + 255 * 16);
    expect(textOf(block)).toMatch(/^StreamTitle='ü+';$/);
  });
});

describe('A stream with titles', () => {
  test('has each byte, and each title where it holds, however it is cut', () => {
    const change = fc.record({ bytes: fc.integer({ min: 1, max: 40_000 }), title: fc.string() });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        let seed = 0;
        const pieces = changes.map(({ bytes, title }) => ({
          bytes: Uint8Array.from({ length: bytes }, () => seed++ & 255),
          titles: [{ at: 0, title }],
        }));
        const { audio, blocks } = unweave(woven(pieces));
        expect(Buffer.compare(audio, Buffer.concat(pieces.map((piece) => piece.bytes)))).toBe(0);
        const told = blocks.filter(({ text }) => text !== '');
        const titleAt = (at: number): string => {
          let end = 0;
          const holds = changes.find(({ bytes }) => {
            end += bytes;
            return end > at;
          });
          return holds?.title ?? '';
        };
        for (const { at, text } of told) expect(text).toBe(textOf(icyBlock(titleAt(at))));
      }),
      { numRuns: 60 },
    );
  });

  test('has empty blocks while the title is unchanged', () => {
    const bytes = new Uint8Array(50_000);
    const { blocks } = unweave(woven([{ bytes, titles: [{ at: 0, title: 'x' }] }]));
    expect(blocks.map(({ text }) => text)).toEqual(["StreamTitle='x';", '', '']);
  });

  test('changes the title within a piece', () => {
    const titles = [
      { at: 0, title: 'one' },
      { at: 20_000, title: 'two' },
    ];
    const { blocks } = unweave(woven([{ bytes: new Uint8Array(40_000), titles }]));
    expect(blocks).toEqual([
      { at: 16_000, text: "StreamTitle='one';" },
      { at: 32_000, text: "StreamTitle='two';" },
    ]);
  });
});
