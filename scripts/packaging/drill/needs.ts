/** What a drill needs of the machine. */
import { spawnSync } from 'node:child_process';
import { EXIT, UserError } from '../../../src/lib/user-error.js';

/** Throws a UserError unless root runs this and all programs are there. */
export function checkNeeds(...programs: readonly string[]): void {
  if (process.getuid?.() !== 0) throw new UserError(EXIT.usage, 'the drill must be run by root');
  checkPrograms(...programs);
}

/** Throws a UserError unless all programs are there. */
export function checkPrograms(...programs: readonly string[]): void {
  const missing = programs.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status);
  if (missing.length === 0) return;
  throw new UserError(EXIT.usage, `the drill needs ${missing.join(', ')}: install what has them`);
}
