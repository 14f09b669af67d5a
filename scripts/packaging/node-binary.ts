/**
 * What a Node binary needs of the system that it is copied to. The builds of nodejs.org and its
 * packagers need the C and C++ libraries only. A distribution's own Node needs dozens, so it cannot
 * simply be copied to another machine.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { EXIT, UserError } from '../../src/lib/user-error.js';

/** The Debian packages that hold these libraries. Those of the C library are not listed. */
const PACKAGES: Readonly<Record<string, string | undefined>> = {
  'libstdc++.so.6': 'libstdc++6',
  'libgcc_s.so.1': 'libgcc-s1',
  'libatomic.so.1': 'libatomic1',
};
const OF_LIBC = /^(linux-vdso|ld-linux|lib(c|m|dl|rt|pthread))[.-]/;

const LIBRARY = /^\s*(?:\/\S*\/)?([^\s/]+\.so[^\s]*)/gm;

/** The packages with the libraries in what `ldd` prints. Throws a UserError for an unknown one. */
export function packagesOf(printed: string): readonly string[] {
  const names = [...printed.matchAll(LIBRARY)].map(([, name = '']) => name);
  return names.filter((name) => !OF_LIBC.test(name)).map(packageOf);
}

function packageOf(library: string): string {
  const found = PACKAGES[library];
  if (found !== undefined) return found;
  const advice = 'use a Node from nodejs.org, which needs no libraries but those of every system';
  throw new UserError(EXIT.usage, `this Node needs ${library}, so it cannot be packed: ${advice}`);
}

/** The packages besides the C library that a Node binary needs. Throws a UserError. */
export const neededLibraries = (node: string): readonly string[] =>
  packagesOf(execFileSync('ldd', [node], { encoding: 'utf8' }));

const VERSION = /GLIBC_2\.(\d+)\0/g;

/** The oldest GNU C library that has all that a binary asks for, like `2.28`. */
export function oldestLibc(binary: string): string {
  const text = readFileSync(binary, 'latin1');
  const minors = [...text.matchAll(VERSION)].map(([, minor]) => Number(minor));
  return `2.${Math.max(...minors)}`;
}
