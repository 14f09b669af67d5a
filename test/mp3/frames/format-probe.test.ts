import { describe, expect, test } from 'vitest';
import { createFormatProbe } from '../../../src/mp3/frames/format-probe.js';
import { id3Text, makeId3, makeId3Frame } from '../make-id3.js';
import { ascii, joinBytes, noiseBytes } from '../make-mp3.js';

const tag = makeId3([
  makeId3Frame('TIT2', id3Text(0, 'Song')),
  makeId3Frame('APIC', noiseBytes(500)),
]);

/** The format of bytes that come in pieces. */
function formatOf(bytes: Uint8Array, pieceBytes: number): string | undefined {
  const probe = createFormatProbe();
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    probe.look(bytes.subarray(at, at + pieceBytes));
  }
  expect(probe.bytes).toBe(bytes.length);
  return probe.format();
}

describe('The format of a recording', () => {
  test.each([1, 7, 16, 500, 10_000])(
    'is found in pieces of %i bytes, behind tags',
    (pieceBytes) => {
      const flac = joinBytes([ascii('fLaC'), noiseBytes(600)]);
      expect(formatOf(flac, pieceBytes)).toBe('FLAC');
      expect(formatOf(joinBytes([tag, tag, flac]), pieceBytes)).toBe('FLAC');
    },
  );

  test('is unknown in a tag that never ends, and without any byte', () => {
    const endless = joinBytes([ascii('ID3'), Uint8Array.of(4, 0, 0, 127, 127, 127, 127)]);
    expect(formatOf(joinBytes([endless, ascii('fLaC'), noiseBytes(600)]), 100)).toBeUndefined();
    expect(formatOf(new Uint8Array(), 1)).toBeUndefined();
  });
});
