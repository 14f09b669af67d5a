/**
 * Time against length for every parser that reads bytes of strangers (test/attacks/parsers.ts). Each
 * is given runs of many short pieces within well-formed inputs; the row shows the one that takes
 * longest at the longest input that the product lets through, with a quarter and half of its
 * length beside it. Linear: half the length takes half the time, so `growth` is 1; 2 is quadratic.
 * Parsers of streams are measured twice: all at once, and byte by byte, as an attacker may send it.
 */
import { PIECES, pumped } from '../../test/attacks/hostile-bytes.js';
import { type OutsideParser, PARSERS } from '../../test/attacks/parsers.js';
import { type Benchmark, numberOf, type Row, round } from './benchmark.js';

type Frame = OutsideParser['frames'][number];

interface Worst {
  readonly frame: Frame;
  readonly piece: string;
  readonly ms: number;
}

export const flags: Benchmark['flags'] = {
  runs: { standard: '10', help: 'of which the shortest counts' },
  only: { standard: '', help: 'only parsers whose names contain this' },
};

function readOnce(parser: OutsideParser, pieces: readonly Buffer[]): number {
  const reading = parser.open();
  const begun = performance.now();
  for (const piece of pieces) reading.take(piece);
  const ms = performance.now() - begun;
  reading.end();
  return ms;
}

const byteByByte = (bytes: Buffer): Buffer[] =>
  Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

/** The shortest time of some readings, ms. */
function timeOf(parser: OutsideParser, pieces: readonly Buffer[], runs: number): number {
  return Math.min(...Array.from({ length: runs }, () => readOnce(parser, pieces)));
}

type Split = (bytes: Buffer) => readonly Buffer[];

/** The run that takes longest; each is read a few times, as a single reading may be disturbed. */
function worstOf(parser: OutsideParser, split: Split): Worst {
  let worst: Worst | undefined;
  for (const frame of parser.frames) {
    for (const piece of PIECES) {
      const ms = timeOf(parser, split(pumped(frame, piece, parser.bytesMax)), 3);
      if (worst === undefined || ms > worst.ms) worst = { frame, piece, ms };
    }
  }
  if (worst === undefined) throw new Error(`${parser.name} has no input`);
  return worst;
}

function measure(parser: OutsideParser, how: string, split: Split, runs: number): Row {
  const { frame, piece } = worstOf(parser, split);
  const at = (bytesMax: number): number =>
    timeOf(parser, split(pumped(frame, piece, bytesMax)), runs);
  const { bytesMax } = parser;
  const [quarter, half, all] = [at(bytesMax / 4), at(bytesMax / 2), at(bytesMax)];
  return {
    parser: `${parser.name}${how}`,
    'worst piece': JSON.stringify(piece),
    bytes: bytesMax,
    'ms at 1/4': round(quarter, 3),
    'ms at 1/2': round(half, 3),
    ms: round(all, 3),
    growth: round(Math.log2(all / quarter) / 2),
  };
}

export const run: Benchmark['run'] = (given) => {
  const runs = numberOf(given, 'runs');
  const wanted = PARSERS.filter(({ name }) => name.includes(String(given.only)));
  const rows = wanted.flatMap((parser) => {
    const atOnce = measure(parser, '', (bytes) => [bytes], runs);
    return parser.isStream
      ? [atOnce, measure(parser, ', byte by byte', byteByByte, runs)]
      : [atOnce];
  });
  return Promise.resolve(rows);
};
