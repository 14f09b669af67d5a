/** Where a track's bytes come from: a file, or standard input. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Readable } from 'node:stream';
import { EXIT, UserError } from '../lib/user-error.js';

/** One recording that can be read once, from its beginning. */
export interface TrackInput {
  /** As the user wrote it. */
  readonly file: string;
  /** The title when no tag tells one. */
  readonly name: string;
  /** Undefined for a stream. */
  readonly sizeBytes: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Read ahead: 4 s at 128 kbit/s. */
const CHUNK_BYTES = 65_536;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
  EIO: 'the disk reports an error',
};

/** The problem of reading a file, in one sentence; an error that is none of the file's is kept. */
function fileProblem(file: string, error: unknown): unknown {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  if (error instanceof UserError || typeof code !== 'string') return error;
  return new UserError(EXIT.file, `cannot read ${file}: ${REASONS[code] ?? code}`);
}

/** Opens a file. Rejects with a UserError when it cannot be read. */
export async function openFile(file: string): Promise<TrackInput> {
  try {
    const about = await stat(file);
    if (about.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    const sizeBytes = about.isFile() ? about.size : undefined;
    return { file, name: nameOf(file), sizeBytes, chunks: readFrom(file) };
  } catch (error) {
    throw fileProblem(file, error);
  }
}

/** Nothing is opened before somebody reads. */
async function* readFrom(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: CHUNK_BYTES });
  } catch (error) {
    throw fileProblem(file, error);
  }
}

/** What is piped into us. */
export function openStream(stream: Readable): TrackInput {
  return { file: 'standard input', name: 'Live', sizeBytes: undefined, chunks: stream };
}

const nameOf = (file: string): string =>
  basename(file, extname(file)).replaceAll('_', ' ').trim() || basename(file);
