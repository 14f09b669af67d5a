/**
 * Whether the data directory can be written. A cluster goes on without: its streams need no disk, and
 * what is published is in memory. But nothing new can be published, and the logs that would tell of
 * a full disk are on it. So it is tried from time to time, and our own log says when that changes.
 */
import { rm, writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';

/** Guess: minutes before somebody wants to publish something. */
const TRY_MS = 15_000;

/** A block of any file system's: less may have room where nothing else has. */
const BLOCK = Buffer.alloc(4096);

const ADVICE =
  'The data directory cannot be written. Streams and what is published are not affected, but nothing ' +
  'can be published, and log lines are lost: make room on its disk, or make it writable.';

export interface DiskWatchOptions {
  readonly dataDir: string;
  readonly log: Logger;
  readonly onChange: (isWritable: boolean) => void;
  readonly tryMs?: number;
}

/** Tries from now on; the answer ends that. */
export function watchDisk(options: DiskWatchOptions): () => void {
  const { dataDir, log, onChange, tryMs = TRY_MS } = options;
  const path = `${dataDir}/disk-probe.tmp`;
  let isWritable = true;
  let isBusy = false;

  const become = (writable: boolean, error?: unknown): void => {
    if (writable === isWritable) return;
    isWritable = writable;
    if (writable) log.info({ dataDir }, 'The data directory can be written again.');
    else log.error({ err: error, dataDir }, ADVICE);
    onChange(writable);
  };

  const probe = async (): Promise<void> => {
    if (isBusy) return; // the disk hangs
    isBusy = true;
    try {
      await writeFile(path, BLOCK);
      become(true);
    } catch (error) {
      become(false, error);
    }
    await rm(path, { force: true }).catch(() => undefined);
    isBusy = false;
  };

  const timer = setInterval(() => void probe(), tryMs).unref();
  return () => clearInterval(timer);
}
