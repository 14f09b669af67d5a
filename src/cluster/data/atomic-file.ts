/**
 * Files that exist whole or not at all, whenever the process or the machine stops: written under
 * another name, synced to the disk, then renamed. What a crash leaves behind ends in `.tmp` and is
 * never read.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Only the cluster's own user may read its files. */
export const PRIVATE_MODE = 0o600;

async function writeBeside(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<string> {
  const beside = `${path}.${randomUUID()}.tmp`;
  const file = await open(beside, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return beside;
}

/** Writes or replaces a file; makes its folder. Rejects with the system's error. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = await writeBeside(path, content, mode);
  try {
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Writes a file that must not exist yet; false if it does. */
export async function createFileAtomic(path: string, text: string, mode: number): Promise<boolean> {
  const beside = await writeBeside(path, text, mode);
  try {
    await link(beside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

/** The text of a file; undefined if the file does not exist. */
export async function readFileIfAny(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
