import { expect, test } from 'vitest';
import { createLotSigner } from '../../../src/overlay/lots/lot-signer.js';
import { FRAMES_BYTES_MAX } from '../../../src/wire/datagram.js';
import { HASH_BYTES, lotFrameBytes } from '../../../src/wire/lot-codec.js';
import { SESSION, SOURCE, STATION_KEY } from '../support.js';

const { id: source, epoch } = SOURCE;
const signer = createLotSigner({ session: SESSION, source, epoch, key: STATION_KEY });

/** The numbers of each lot. */
const lotsOf = (adus: readonly (readonly [channel: number, sequence: number])[], bytes = 1) => {
  const lots = new Map<unknown, number[]>();
  const unsigned = adus.map(([channel, sequence]) => ({
    ...{ channel, sequence, timestampMs: 0, payload: new Uint8Array(bytes) },
  }));
  for (const { lot, sequence } of signer.sign(unsigned)) {
    lots.set(lot, [...(lots.get(lot) ?? []), sequence]);
  }
  return [...lots.values()];
};

test('A lot holds what follows each other on one channel, at most eight ADUs and 64 KiB', () => {
  expect(lotsOf([])).toEqual([]);
  expect(
    lotsOf([
      [1, 0],
      [1, 1],
      [2, 2],
      [1, 2],
      [1, 4],
    ]),
  ).toEqual([[0, 1], [2], [2], [4]]);
  const ten = Array.from({ length: 10 }, (_, sequence) => [1, sequence] as const);
  expect(lotsOf(ten)).toEqual([
    [0, 1, 2, 3, 4, 5, 6, 7],
    [8, 9],
  ]);
  expect(lotsOf(ten, 30_000)).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
    [6, 7],
    [8, 9],
  ]);
});

test('A lot of long frames is so short that each of them fits into a datagram', () => {
  const ten = Array.from({ length: 10 }, (_, sequence) => [1, sequence] as const);
  const lengthsOf = (bytes: number): number[] => lotsOf(ten, bytes).map(({ length }) => length);
  const longest = FRAMES_BYTES_MAX - lotFrameBytes([new Uint8Array(0)]);
  // Each doubling of a lot needs another hash.
  expect(lengthsOf(longest - 3 * HASH_BYTES)).toEqual([8, 2]);
  expect(lengthsOf(longest - 2 * HASH_BYTES)).toEqual([4, 4, 2]);
  expect(lengthsOf(longest - HASH_BYTES)).toEqual([2, 2, 2, 2, 2]);
  expect(lengthsOf(longest)).toHaveLength(10);
  // Longer ones go over TCP in any case.
  expect(lengthsOf(longest + 1)).toEqual([8, 2]);
  // A frame of 320 kbit/s.
  expect(lengthsOf(1045)).toEqual([8, 2]);
});
