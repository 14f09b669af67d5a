/** Creates and locks the data directory of a cluster; disk errors become instructions. */
import { mkdir } from 'node:fs/promises';
import { EXIT, UserError } from '../../lib/user-error.js';
import { lockDirectory } from './lock-file.js';

/**
 * Does something with the data directory. An error of the file system becomes a UserError, because
 * the operator can fix it; any other is rethrown.
 */
export async function onDisk<Value>(dataDir: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (error instanceof UserError || syscall === undefined) throw error;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    const need = isFull ? 'make room on its disk' : 'make it readable and writable';
    const advice = `${need}, or choose another with --data`;
    throw new UserError(EXIT.file, `${dataDir} cannot be used for data (${code}): ${advice}`);
  }
}

/** Makes the directory if necessary, and locks it; returns what unlocks it. */
export const takeDataDir = (dataDir: string): Promise<() => Promise<void>> =>
  onDisk(dataDir, async () => {
    await mkdir(dataDir, { recursive: true, mode: 0o750 });
    return lockDirectory(dataDir);
  });
