/**
 * One front end per data directory: two would launch each session twice and overwrite each other's
 * files. The lock names a process and its birth, so the lock of a front end that was killed is
 * taken over by the next one, and the operator need not remove it.
 */
import { rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { EXIT, UserError } from '../../lib/user-error.js';
import { createFileAtomic, PRIVATE_MODE, readFileIfAny } from './atomic-file.js';
import { birthOf, isAlive } from './process-identity.js';

const ownerSchema = z.object({ pid: z.number().int().positive(), birth: z.string().max(200) });

const TRIES_MAX = 5;

async function readOwner(path: string): Promise<z.infer<typeof ownerSchema> | undefined> {
  try {
    return ownerSchema.parse(JSON.parse((await readFileIfAny(path)) ?? ''));
  } catch {
    return undefined; // it has no owner: damaged, or just removed
  }
}

const pathOf = (dataDir: string): string => `${dataDir}/front-end.lock`;

/** The process id of the front end that runs on a data directory; undefined if none is seen. */
export async function frontEndOn(dataDir: string): Promise<number | undefined> {
  const owner = await readOwner(pathOf(dataDir));
  return owner !== undefined && isAlive(owner.pid, owner.birth) ? owner.pid : undefined;
}

async function failIfOwned(dataDir: string): Promise<void> {
  const pid = await frontEndOn(dataDir);
  if (pid === undefined) return;
  const advice = 'stop it, or give this cluster another directory with --data';
  const message = `another cluster (process ${pid}) runs on ${dataDir}: ${advice}`;
  throw new UserError(EXIT.bind, message);
}

/** Removes the lock of a dead owner; by renaming, so that only one of several processes does it. */
async function breakLock(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.tmp`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

/**
 * Takes the lock; the returned function releases it, or leaves it where no file can be removed.
 * Rejects with a UserError if a live front end has it.
 */
export async function lockDirectory(dataDir: string): Promise<() => Promise<void>> {
  const path = pathOf(dataDir);
  const owner = { pid: process.pid, birth: birthOf(process.pid) ?? '' };
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (await createFileAtomic(path, JSON.stringify(owner), PRIVATE_MODE)) {
      return () => rm(path, { force: true }).catch(() => undefined);
    }
    await failIfOwned(dataDir);
    await breakLock(path);
  }
  throw new UserError(EXIT.file, `the lock ${path} cannot be taken: remove it`);
}
