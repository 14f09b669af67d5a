/** Writes an uploaded MP3 file, whole or not at all. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { PRIVATE_MODE } from '../data/atomic-file.js';
import { createInspection, type FileObjection, type Inspection } from './inspect-mp3.js';

/** Why a file was not written. */
export type WriteObjection = FileObjection | { readonly kind: 'brokenOff' };

/** Tells an error of the network from one of the disk. */
async function* orBrokenOff(chunks: AsyncIterable<Uint8Array>) {
  try {
    yield* chunks;
  } catch {
    yield 'brokenOff' as const;
  }
}

/** Writes all bytes; returns why the file is refused, if it is. */
async function write(
  chunks: AsyncIterable<Uint8Array>,
  output: FileHandle,
  inspection: Inspection,
): Promise<WriteObjection | undefined> {
  for await (const chunk of orBrokenOff(chunks)) {
    if (chunk === 'brokenOff') return { kind: 'brokenOff' };
    const objection = inspection.take(chunk);
    if (objection !== undefined) return objection;
    await output.writeFile(chunk);
  }
  return inspection.end();
}

/**
 * Writes the file at `path`; resolves to its size in bytes, or to why it is refused. Rejects with
 * the system's error.
 */
export async function receiveFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<number | WriteObjection> {
  const beside = `${path}.tmp`;
  const inspection = createInspection();
  const output = await open(beside, 'wx', PRIVATE_MODE);
  try {
    const objection = await write(chunks, output, inspection);
    if (objection !== undefined) return objection;
    await output.sync();
    await rename(beside, path);
    return inspection.bytes;
  } finally {
    await output.close();
    await rm(beside, { force: true });
  }
}
