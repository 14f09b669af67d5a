/**
 * A disk that a test can fill or make read-only: a small file system in memory. Only root may mount
 * one.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** Writes until there is no room for another byte. */
  fill(): void;
  /** Gives the room back. */
  empty(): void;
  /** Files that are opened from now on can only be read. */
  makeReadOnly(): void;
  makeWritable(): void;
  close(): void;
}

/** For the largest pieces first; the last bytes are taken one by one. */
const PIECES = [65_536, 4096, 1];

const mount = (...args: string[]): void => void execFileSync('mount', args);

function append(file: string, bytes: number): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(bytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** Mounts a disk of `size` (as `mount -o size=` takes it) in a directory, which must exist. */
export function mountDisk(directory: string, size: string): SmallDisk {
  const path = join(directory, 'disk');
  const ballast = join(path, 'ballast');
  let mounts = 0;
  const unmount = (): void => {
    if (mounts === 0) return;
    mounts--;
    execFileSync('umount', ['--lazy', path]);
  };
  mkdirSync(path);
  mount('-t', 'tmpfs', '-o', `size=${size}`, 'none', path);
  mounts++;
  return {
    path,
    fill: () => {
      writeFileSync(ballast, '');
      for (const bytes of PIECES) append(ballast, bytes);
    },
    empty: () => rmSync(ballast),
    makeReadOnly: () => {
      mount('--bind', path, path);
      mounts++;
      mount('-o', 'remount,bind,ro', path);
    },
    makeWritable: unmount,
    close: () => {
      while (mounts > 0) unmount();
    },
  };
}
