/** The directories that the environment gives a process, and what to do where it gives none. */
import { mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { EXIT, systemReason, UserError } from '../lib/user-error.js';

const NO_HOME =
  'this user has no home directory (HOME is not set to a path, and there is no entry in ' +
  '/etc/passwd): name a directory with --data, or set HOME';

/**
 * The directory of a user's state: `XDG_STATE_HOME`, or else `~/.local/state`. A relative path
 * counts as none, because it would mean another directory each time. Throws a UserError.
 */
export function stateDirectory({ XDG_STATE_HOME = '' }: NodeJS.ProcessEnv): string {
  if (isAbsolute(XDG_STATE_HOME)) return XDG_STATE_HOME;
  const home = homeDirectory();
  if (isAbsolute(home)) return join(home, '.local', 'state');
  throw new UserError(EXIT.usage, NO_HOME);
}

/** '' if there is none. */
function homeDirectory(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

/** Makes a directory of its own for temporary files. Throws a UserError. */
export function temporaryDirectory(prefix: string): string {
  try {
    return mkdtempSync(join(tmpdir(), prefix));
  } catch (error) {
    const advice = 'set TMPDIR to a directory that exists and can be written to';
    const message = `no temporary files can be made in ${tmpdir()}: ${systemReason(error)}`;
    throw new UserError(EXIT.file, `${message}; ${advice}`);
  }
}
