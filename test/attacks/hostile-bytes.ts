/**
 * Bytes that parsers may stumble over. A run of one short piece is what makes a parser slow that tries
 * all ways to divide it; well-formed inputs with cuts, repetitions and flipped bits are what makes one
 * throw.
 */
import fc from 'fast-check';
import type { OutsideParser } from './parsers.js';

/** Pieces that are repeated: what the parsers of outside bytes treat specially. */
export const PIECES: readonly string[] = [
  ...[' ', '\t', '\r', '\n', '\r\n', '\0', 'a', 'A', '0', 'f', '\x80', '\xc3', '\xa0', '\xff'],
  ...[';', ':', ',', '.', '-', '/', '?', '#', '&', '=', '%', '%41', '+', '*', '!', '_', '\\', '|'],
  ...[
    "'",
    '"',
    "';",
    "'';",
    '<',
    '>',
    '</',
    '<a',
    '<a>',
    '<a/>',
    '&amp;',
    ']]>',
    '<!--',
    '--',
    '?>',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    '[1,',
    '{"a":',
    '\\u0041',
    '"a",',
    'a:',
    'a: b\r\n',
    ' a',
    'a ',
    ' =',
    '1.',
  ],
  ...[
    'a=b&',
    'a="b" ',
    'a/',
    'a;',
    '/;',
    '1, ',
    '::1,',
    '10.0.0.1,',
    '\xff\xfb\x90\x64',
    '\xff\xfb',
  ],
  ...[
    'ID3',
    'TAG',
    'LYRICSBEGIN',
    'APETAGEX',
    '1\r\nx\r\n',
    '\0\0\0\x01\x02',
    '\xc3\xa4',
    '\xf0\x9f',
  ],
  ...[
    'StreamTitle=',
    "StreamTitle='",
    'File1=a\n',
    '#EXTINF:1,a\n',
    'xmlns:a="b" ',
    '\u2028',
    '\ufeff',
  ],
];

/** The parts of a frame around `times` pieces, at most `bytesMax` bytes. */
export function pumped(
  [before, behind]: readonly [string, string],
  piece: string,
  bytesMax: number,
) {
  const room = Math.max(0, bytesMax - before.length - behind.length);
  const run = piece.repeat(Math.floor(room / piece.length));
  return Buffer.from(`${before}${run}${behind}`, 'latin1').subarray(0, bytesMax);
}

const piece = fc.oneof(
  fc.constantFrom(...PIECES),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

const middle = fc
  .array(
    fc.tuple(piece, fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.nat({ max: 200 }))),
    {
      maxLength: 12,
    },
  )
  .map((runs) => runs.map(([text, times]) => text.repeat(times)).join(''));

/** Something is done to the bytes at a place, which may be anywhere. */
const change = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'double', 'none'),
  place: fc.nat(),
  length: fc.nat({ max: 64 }),
});

function changed(
  bytes: Buffer,
  { kind, place, length }: { kind: string; place: number; length: number },
) {
  if (bytes.length === 0 || kind === 'none') return bytes;
  const at = place % bytes.length;
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (kind === 'cut') return Buffer.concat([head, tail.subarray(length)]);
  if (kind === 'double') return Buffer.concat([head, tail.subarray(0, length), tail]);
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (length & 7));
  return flipped;
}

/** An input of a parser, and the lengths of the pieces in which it comes. */
export interface HostileInput {
  readonly bytes: Buffer;
  readonly cuts: readonly number[];
}

/** Inputs for a parser: its well-formed frames with anything in them, and damaged besides. */
export const hostileInput = ({ frames, bytesMax }: OutsideParser): fc.Arbitrary<HostileInput> =>
  fc
    .record({
      frame: fc.constantFrom(...frames),
      text: middle,
      changes: fc.array(change, { maxLength: 3 }),
      cuts: fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 20 }),
    })
    .map(({ frame, text, changes, cuts }) => {
      const bytes = Buffer.from(`${frame[0]}${text}${frame[1]}`, 'latin1');
      return { bytes: changes.reduce(changed, bytes).subarray(0, bytesMax), cuts };
    });

/** Has a parser read an input: a stream in pieces, what remains at once. */
export function readInput(parser: OutsideParser, { bytes, cuts }: HostileInput): void {
  const reading = parser.open();
  let rest = bytes;
  for (const length of parser.isStream ? cuts : []) {
    reading.take(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  reading.take(rest);
  reading.end();
}
