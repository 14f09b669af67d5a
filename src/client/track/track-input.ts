/**
 * The input of a recording: a file or standard input. Its name is shown if its tags contain no
 * title. Problems with files become sentences for the user here, so that they read the same
 * wherever a file is named.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Readable } from 'node:stream';
import { plainText } from '../../lib/plain-text.js';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';
import { ID3V1_BYTES, parseId3v1 } from '../../mp3/tags/id3v1.js';
import { decodeLegacyText } from '../../mp3/tags/legacy-text.js';
import { titleOf } from '../../mp3/tags/tag-title.js';
import { nameBytes, pathOf } from '../../runtime/file-name.js';

/** One recording, which can be read once from its beginning. */
export interface TrackInput {
  /** The path as the user has written it. */
  readonly file: string;
  /** The title if no tag in the stream contains one. */
  readonly name: string;
  /** Undefined for a stream. */
  readonly sizeBytes: number | undefined;
  /** Chunks of bytes; a text is the title of what follows. */
  readonly chunks: AsyncIterable<Uint8Array | string>;
}

const NAME_LENGTH_MAX = 255;

/** Bytes that are read at a time: 4 s at 128 kbit/s. */
const CHUNK_BYTES = 65_536;

/** A UserError for a problem with a file; any other error is returned unchanged. */
export function fileProblem(file: string, error: unknown): unknown {
  const reason = systemReason(error);
  if (error instanceof UserError || reason === undefined) return error;
  return new UserError(EXIT.file, `cannot read ${file}: ${reason}`);
}

/**
 * Opens a file. Its name is the title of its ID3v1 tag, or else `title`, or else follows from the
 * file's name. Rejects with a UserError when it cannot be read.
 */
export async function openFile(file: string, title?: string): Promise<TrackInput> {
  try {
    const handle = await open(pathOf(file));
    try {
      const about = await handle.stat();
      if (about.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      const sizeBytes = about.isFile() ? about.size : undefined;
      const name = (await readId3v1(handle, sizeBytes)) ?? title ?? nameOf(file);
      return { file, name, sizeBytes, chunks: readFrom(file) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileProblem(file, error);
  }
}

async function readId3v1(handle: FileHandle, sizeBytes = 0): Promise<string | undefined> {
  if (sizeBytes < ID3V1_BYTES) return undefined;
  const bytes = new Uint8Array(ID3V1_BYTES);
  const { bytesRead } = await handle.read(bytes, 0, ID3V1_BYTES, sizeBytes - ID3V1_BYTES);
  const tag = parseId3v1(bytes.subarray(0, bytesRead));
  return tag === undefined ? undefined : titleOf(tag);
}

/** Opens the file when the first chunk is read. */
async function* readFrom(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(pathOf(file), { highWaterMark: CHUNK_BYTES });
  } catch (error) {
    throw fileProblem(file, error);
  }
}

/** Opens a recording that is piped into this process. */
export function openStream(stream: Readable): TrackInput {
  return { file: 'standard input', name: 'Live', sizeBytes: undefined, chunks: stream };
}

/**
 * The title that follows from a file's name, without the control characters that it may contain.
 */
export function nameOf(file: string): string {
  const name = decodeLegacyText(nameBytes(basename(file, extname(file))));
  return plainText(name.replaceAll('_', ' '), NAME_LENGTH_MAX) ?? 'Untitled';
}
