import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../scripts/bench/log.js';

const measured: number[] = [];

const measure = ({ seed }: { readonly seed: number }): number => {
  measured.push(seed);
  return 10 * seed;
};

test('A log measures each case once, also when it is opened again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log');
  const first = createLog<{ seed: number }, number>(path);
  expect([first.of({ seed: 1 }, measure), first.of({ seed: 2 }, measure)]).toEqual([10, 20]);
  const again = createLog<{ seed: number }, number>(path);
  expect([again.of({ seed: 2 }, measure), again.of({ seed: 3 }, measure)]).toEqual([20, 30]);
  expect(measured).toEqual([1, 2, 3]);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4);
});

test('A log without a path keeps nothing', () => {
  expect(createLog<{ seed: number }, number>('').of({ seed: 4 }, measure)).toBe(40);
});
