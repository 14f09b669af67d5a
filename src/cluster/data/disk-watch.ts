/**
 * Checks at intervals that the data directory can be written. A cluster continues when it cannot:
 * its streams need no disk, and what is published is in memory. But nothing new can be published,
 * and the SCXs' logs, which would report a full disk, are on it. Therefore a probe file is written
 * at intervals, and the front end's own log says when the result changes.
 */
import { rm, writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';

/** Guess: soon enough to be noticed before the next publication. */
const TRY_MS = 15_000;

/** A block of any file system: fewer bytes may fit where a file does not. */
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

/** Probes from now on; the returned function ends that. */
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
    if (isBusy) return; // the last probe has not ended: the disk does not respond
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
