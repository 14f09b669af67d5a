/**
 * What strangers write makes no parser throw. Each run draws other inputs; a failure names the seed
 * that draws them again: `npm run fuzz -- --seed SEED --only NAME`, which also runs for longer.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileInput, PIECES, pumped, readInput } from './hostile-bytes.js';
import { PARSERS } from './parsers.js';

const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = 100;
/** Long enough for every bound inside a parser; the benchmark reads longer ones. */
const RUN_BYTES_MAX = 4096;

test.each(PARSERS)(`The parser of the $name throws at no input (seed ${SEED})`, (parser) => {
  fc.assert(
    fc.property(hostileInput(parser), (input) => readInput(parser, input)),
    { seed: SEED, numRuns: RUNS },
  );
});

test.each(PARSERS)('The parser of the $name reads long runs of anything', (parser) => {
  for (const frame of parser.frames) {
    for (const piece of PIECES) {
      const bytes = pumped(frame, piece, Math.min(parser.bytesMax, RUN_BYTES_MAX));
      expect(bytes.length).toBeLessThanOrEqual(parser.bytesMax);
      readInput(parser, { bytes, cuts: [] });
    }
  }
});
