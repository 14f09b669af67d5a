/**
 * Records the running SCXs: one small file per process in DATA/run. A front end that was killed
 * finds its SCXs there when it is started again. Bounded by the number of SCXs; the files of dead
 * ones are removed when they are read.
 */
import { readdir, rm } from 'node:fs/promises';
import { z } from 'zod';
import { launchFactsSchema, launchSchema } from '../../api/scx-launch.js';
import { PRIVATE_MODE, readFileIfAny, writeFileAtomic } from '../data/atomic-file.js';

const port = z.number().int().min(0).max(65_535);

const runFileSchema = z.object({
  id: launchSchema.shape.id,
  session: launchSchema.shape.session,
  pid: z.number().int().positive(),
  /** See process-identity.ts. */
  birth: z.string().max(200),
  ports: z.object({ http: port, overlay: port }),
  facts: launchFactsSchema,
  /** Where its orders to hand over lie. */
  successorFile: z.string().max(4096),
});

/** The record of a running SCX. */
export type RunFile = z.infer<typeof runFileSchema>;

const pathOf = (folder: string, id: string): string => `${folder}/${id}.json`;

/** Writes an SCX's file. Rejects if the disk does not take it. */
export const writeRunFile = (folder: string, run: RunFile): Promise<void> =>
  writeFileAtomic(pathOf(folder, run.id), JSON.stringify(run), PRIVATE_MODE);

/** Removes an SCX's file, if there is one. */
export const removeRunFile = (folder: string, id: string): Promise<void> =>
  rm(pathOf(folder, id), { force: true });

async function readRunFile(path: string): Promise<RunFile | undefined> {
  try {
    return runFileSchema.parse(JSON.parse((await readFileIfAny(path)) ?? ''));
  } catch {
    return undefined;
  }
}

/** All valid files; malformed ones, and those that a crash left half written, are removed. */
export async function readRunFiles(folder: string): Promise<readonly RunFile[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const runs: RunFile[] = [];
  for (const name of names) {
    const run = name.endsWith('.json') ? await readRunFile(`${folder}/${name}`) : undefined;
    if (run === undefined) await rm(`${folder}/${name}`, { force: true });
    else runs.push(run);
  }
  return runs;
}
