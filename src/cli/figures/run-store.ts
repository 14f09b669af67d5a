/**
 * The runs of `figures` that have ended, kept in a folder, so that a command that was stopped goes on
 * where it was. A run is found again by its job and by the code that plays it: after a change of either
 * it is played again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { isSource, packageFile } from '../../runtime/package-files.js';
import type { ExperimentReport } from '../../simulator/experiment/experiment.js';
import type { Job } from '../simulate/job.js';

export interface RunStore {
  /** The report of a job that was played before; undefined: it is still to be played. */
  load(job: Job): ExperimentReport | undefined;
  save(job: Job, report: ExperimentReport): void;
}

/** A hash of the code that is running, which decides the outcome of every run. */
export function hashCode(): string {
  const folder = fileURLToPath(packageFile(isSource ? 'src' : 'dist'));
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => /\.[jt]s$/.test(name)).sort()) {
    hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex');
}

/** Numbers that JSON does not have must differ, too: some limits are Infinity. */
const asText = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? `${value}` : value;

/**
 * A store in a folder, which is made if it is not there. Throws what `mkdir` throws. A file that cannot
 * be read is as good as none.
 * @param code what `hashCode` gives
 */
export function createRunStore(folder: string, code: string): RunStore {
  mkdirSync(folder, { recursive: true });
  const pathOf = (job: Job): string => {
    const hash = createHash('sha256').update(code).update(JSON.stringify(job, asText));
    return join(folder, `${hash.digest('hex').slice(0, 32)}.run`);
  };
  return {
    load: (job) => {
      try {
        return deserialize(readFileSync(pathOf(job))) as ExperimentReport;
      } catch {
        return undefined;
      }
    },
    // Renamed when it is whole: a command may be stopped at any instant.
    save: (job, report) => {
      const path = pathOf(job);
      writeFileSync(`${path}.part`, serialize(report));
      renameSync(`${path}.part`, path);
    },
  };
}
