/** The benchmarks' programs in C, compiled when they are needed, into a temporary directory. */
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { EXIT, UserError } from '../../../src/lib/user-error.js';

const FOLDER = join(import.meta.dirname, '..');

/** A program's source, without `.c`, in the benchmarks' folder. */
type Source = 'load/load' | 'rivals/floor' | 'drills/links';

/** Compiles it; returns the program's path. Throws a UserError without a compiler. */
export function compile(source: Source, directory: string): string {
  const program = join(directory, basename(source));
  const file = join(FOLDER, `${source}.c`);
  try {
    execFileSync('cc', ['-O2', '-Wall', '-o', program, file], { stdio: 'pipe' });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    const why = code === 'ENOENT' ? 'there is no C compiler: install one as "cc"' : `${stderr}`;
    throw new UserError(EXIT.file, `${source}.c cannot be compiled: ${why}`);
  }
  return program;
}
