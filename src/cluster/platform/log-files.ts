/**
 * The logs of SCX processes: DATA/logs/SESSION-ID.log. Each process writes directly to its file, so
 * its log does not depend on the front end. Bounded: FILES_MAX files, and when one is larger than
 * BYTES_MAX its text is moved to FILE.1 and it begins anew (an SCX always appends to its file).
 */
import { copyFile, mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';

const FILES_MAX = 100; // guess
const BYTES_MAX = 1024 * 1024; // guess: with FILE.1, all logs stay below 200 MiB

interface LogFile {
  readonly path: string;
  readonly bytes: number;
  readonly changedAt: number;
}

async function listLogs(folder: string): Promise<LogFile[]> {
  const paths = (await readdir(folder).catch((): string[] => [])).map(
    (name) => `${folder}/${name}`,
  );
  const files = paths.map(async (path) => {
    const found = await stat(path).catch(() => undefined);
    return found?.isFile() ? [{ path, bytes: found.size, changedAt: found.mtimeMs }] : [];
  });
  return (await Promise.all(files)).flat();
}

/** Brings the folder back within its bounds. What fails is tried again with the next call. */
export async function trimLogs(folder: string, filesMax = FILES_MAX, bytesMax = BYTES_MAX) {
  const logs = await listLogs(folder);
  const newestFirst = logs.toSorted((a, b) => b.changedAt - a.changedAt);
  for (const { path } of newestFirst.slice(filesMax)) {
    await rm(path, { force: true }).catch(() => undefined);
  }
  for (const { path, bytes } of newestFirst.slice(0, filesMax)) {
    if (bytes <= bytesMax || path.endsWith('.1')) continue;
    await copyFile(path, `${path}.1`).catch(() => undefined);
    await truncate(path).catch(() => undefined);
  }
}

/** Gives a log another name; the process that writes it goes on. */
export const renameLog = (folder: string, from: string, to: string): Promise<void> =>
  rename(`${folder}/${from}.log`, `${folder}/${to}.log`);

/** Opens the log of a new SCX. `name` is safe in file names. */
export async function openLog(folder: string, name: string) {
  await mkdir(folder, { recursive: true });
  return open(`${folder}/${name}.log`, 'a', 0o640);
}
