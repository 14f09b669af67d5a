/**
 * Whether the data directory can be used: its owner can write there, other users cannot read its
 * secrets, and its disk has room. A directory that does not exist yet can be made.
 */
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemReason } from '../../lib/user-error.js';
import { type Finding, findings } from './finding.js';

const { good, warning, problem } = findings('data');

/** What the file system says about the directory. */
export interface DataFacts {
  readonly path: string;
  /** The directory itself, or the one in which it would be made. */
  readonly usedPath: string;
  /** Why it cannot be read and written; undefined: it can. */
  readonly denied: string | undefined;
  /** Files with secrets that other users can read. */
  readonly open: readonly string[];
  readonly freeBytes: number;
  /** Number of files that the file system has room for; undefined: it does not say. */
  readonly freeFiles: number | undefined;
}

/** Logs of SCXs and the access log together take about 50 MiB. Guess. */
const FREE = { problemBytes: 20 * 2 ** 20, warningBytes: 200 * 2 ** 20, files: 1000 } as const;

const SECRETS = ['secret', 'admin-token', 'cluster-key'];
const OTHERS_READ = 0o044;

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

async function nearestFolder(path: string): Promise<string> {
  if (path === dirname(path) || (await isThere(path))) return path;
  return nearestFolder(dirname(path));
}

async function isOpen(path: string): Promise<boolean> {
  const mode = await stat(path).then(
    (about) => about.mode,
    () => 0,
  );
  return (mode & OTHERS_READ) !== 0;
}

/** Looks at the directory; changes nothing. */
export async function dataFacts(path: string): Promise<DataFacts> {
  const usedPath = await nearestFolder(path);
  const denied = await access(usedPath, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => undefined,
    (error: unknown) => systemReason(error) ?? 'unknown',
  );
  const opened = await Promise.all(SECRETS.map((name) => isOpen(join(path, name))));
  const { bavail, bsize, files, ffree } = await statfs(usedPath);
  return {
    ...{ path, usedPath, denied },
    open: SECRETS.filter((_, index) => opened[index]).map((name) => join(path, name)),
    freeBytes: bavail * bsize,
    freeFiles: files === 0 ? undefined : ffree,
  };
}

const megabytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MB`;

/** What is wrong with the directory. */
export function checkData(facts: DataFacts): Finding {
  const { path, usedPath, denied, open, freeBytes, freeFiles } = facts;
  if (denied !== undefined) {
    const advice = 'make it readable and writable for the user of the cluster, or run this as it';
    return problem(`${usedPath} cannot be used (${denied}): ${advice}.`);
  }
  if (open.length > 0) {
    const files = open.join(' and ');
    return problem(`Other users can read ${files}: run chmod 600 ${open.join(' ')}.`);
  }
  const free = `${megabytes(freeBytes)} are free where ${path} is`;
  if (freeBytes < FREE.problemBytes) return problem(`Only ${free}: make room on that disk.`);
  if (freeFiles !== undefined && freeFiles < FREE.files) {
    return problem(`The disk of ${path} has room for only ${freeFiles} files: remove some.`);
  }
  if (freeBytes < FREE.warningBytes) return warning(`Only ${free}: logs may soon fill that disk.`);
  return good(`${path} ${usedPath === path ? 'can be used' : 'can be made'}; ${free}.`);
}
