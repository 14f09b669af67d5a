/**
 * The sound of an hour in the order in which it was played. What came later from other clusters stands at the end
 * of the file (api/recordings/recording-files.ts), so the hour is read in a few pieces.
 */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Stretch } from '../../api/recordings/recording-files.js';

/** Bytes of the file that follow each other. */
export interface Piece {
  readonly offset: number;
  readonly bytes: number;
}

/** The pieces that the stretches of an index are in, in their order. */
export function piecesIn(stretches: readonly Stretch[]): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const { offset, bytes } of stretches) {
    const last = pieces.at(-1);
    if (last === undefined || last.offset + last.bytes !== offset) pieces.push({ offset, bytes });
    else pieces[pieces.length - 1] = { offset: last.offset, bytes: last.bytes + bytes };
  }
  return pieces;
}

export const bytesOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { bytes }) => sum + bytes, 0);

/** The part of the pieces from one byte of all of them to another, which is included. */
export function partOf(pieces: readonly Piece[], start: number, end: number): readonly Piece[] {
  let at = 0;
  return pieces.flatMap(({ offset, bytes }) => {
    const [from, to] = [Math.max(start, at) - at, Math.min(end + 1, at + bytes) - at];
    at += bytes;
    return to > from ? [{ offset: offset + from, bytes: to - from }] : [];
  });
}

async function* chunksOf(path: string, pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const { offset, bytes } of pieces) {
    yield* createReadStream(path, { start: offset, end: offset + bytes - 1 });
  }
}

/** The bytes of the pieces, one behind the other. */
export const streamOf = (path: string, pieces: readonly Piece[]): Readable =>
  Readable.from(chunksOf(path, pieces), { objectMode: false });
