/** What a Node binary needs, read from what tools and the binary itself say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { oldestLibc, packagesOf } from '../../scripts/packaging/node-binary.js';

const OFFICIAL = `	linux-vdso.so.1 (0x00007f5c1beb1000)
	libdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f5c1be99000)
	libstdc++.so.6 => /lib/x86_64-linux-gnu/libstdc++.so.6 (0x00007f5c1bc00000)
	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f5c1bb20000)
	libgcc_s.so.1 => /lib/x86_64-linux-gnu/libgcc_s.so.1 (0x00007f5c1be79000)
	libpthread.so.0 => /lib/x86_64-linux-gnu/libpthread.so.0 (0x00007f5c1be74000)
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f5c1b93e000)
	/lib64/ld-linux-x86-64.so.2 (0x00007f5c1beb3000)
`;

test('A Node of nodejs.org needs the packages of the C++ library', () => {
  expect(packagesOf(OFFICIAL)).toEqual(['libstdc++6', 'libgcc-s1']);
});

test('A Node that needs other libraries is refused', () => {
  const printed = `${OFFICIAL}	libnode.so.108 => /lib/x86_64-linux-gnu/libnode.so.108 (0x7f)\n`;
  expect(() => packagesOf(printed)).toThrow(/libnode\.so\.108.*nodejs\.org/);
});

test('The oldest C library is that of the newest symbol, compared as numbers', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-binary-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true }));
  const binary = join(folder, 'node');
  writeFileSync(binary, 'a\0GLIBC_2.9\0b\0GLIBC_2.28\0GLIBC_2.2.5\0GLIBCXX_3.4.30\0');
  expect(oldestLibc(binary)).toBe('2.28');
});
