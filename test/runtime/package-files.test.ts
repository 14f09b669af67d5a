import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isSource, packageFile, packageVersion } from '../../src/runtime/package-files.js';

test('Files of the package are found from its root', () => {
  expect(existsSync(packageFile('web/index.html'))).toBe(true);
  expect(existsSync(packageFile('src/runtime/package-files.ts'))).toBe(true);
});

test('The version is the one in package.json', () => {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  expect(packageVersion()).toBe(version);
});

test('Tests run from the sources', () => {
  expect(isSource).toBe(true);
});
