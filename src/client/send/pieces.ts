/**
 * What is sent on a channel, piece by piece: each is one ADU. A file is one piece, and so is a line of
 * standard input, its end included; what is raw is cut where it comes.
 *
 * Bounded: PIECE_BYTES_MAX each, and one piece at a time.
 */
import { open } from 'node:fs/promises';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';
import { WIRE_LIMITS } from '../../wire/limits.js';

/** Of an ADU, bytes. */
const PIECE_BYTES_MAX = WIRE_LIMITS.payloadBytesMax;
/** Raw pieces, bytes: small ones reach listeners without a pause. Guess. */
const RAW_BYTES_MAX = 16_384;

const NEWLINE = 10;

const problem = (what: string): UserError => new UserError(EXIT.file, what);

/** The first bytes of a file: one more than an ADU takes, if there are as many. */
async function readStart(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(PIECE_BYTES_MAX + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = (await file.read(buffer, length, buffer.length - length)).bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** Reads a file whole. Rejects with a UserError if it is empty, or too long for one ADU. */
async function readPiece(path: string): Promise<Uint8Array> {
  const bytes = await readStart(path).catch((error: unknown) => {
    throw problem(`cannot read ${path}: ${systemReason(error) ?? 'unknown reason'}`);
  });
  if (bytes.length === 0) throw problem(`${path} is empty`);
  if (bytes.length <= PIECE_BYTES_MAX) return bytes;
  throw problem(`${path} has more than the ${PIECE_BYTES_MAX} bytes of an ADU: make it smaller`);
}

/** The files, one after the other. Each is read when it is its turn. */
export async function* filePieces(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield await readPiece(path);
}

/** The lines of a stream, each with its end. Throws a UserError at one that is too long. */
export async function* linePieces(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of stream) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE)) {
      yield checkedLine(bytes.subarray(0, end + 1));
      bytes = bytes.subarray(end + 1);
    }
    rest = checkedLine(Buffer.from(bytes));
  }
  if (rest.length > 0) yield rest;
}

function checkedLine(line: Uint8Array): Uint8Array {
  if (line.length <= PIECE_BYTES_MAX) return line;
  throw problem(`a line has more than ${PIECE_BYTES_MAX} bytes: send it with --raw`);
}

/** A stream as it comes, in pieces that are not too long. */
export async function* rawPieces(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; at += RAW_BYTES_MAX) {
      yield chunk.subarray(at, at + RAW_BYTES_MAX);
    }
  }
}
