/** The programs in C beside this file and below, compiled when they are needed, into a temporary directory. */
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { EXIT, UserError } from '../../src/lib/user-error.js';

/** Compiles NAME.c; returns the program's path. Throws a UserError without a compiler. */
export function compile(name: 'load' | 'floor' | 'drills/links', directory: string): string {
  const program = join(directory, basename(name));
  const source = join(import.meta.dirname, `${name}.c`);
  try {
    execFileSync('cc', ['-O2', '-Wall', '-o', program, source], { stdio: 'pipe' });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    const why = code === 'ENOENT' ? 'there is no C compiler: install one as "cc"' : `${stderr}`;
    throw new UserError(EXIT.file, `${name}.c cannot be compiled: ${why}`);
  }
  return program;
}
