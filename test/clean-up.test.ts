import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { afterTest } from './after-test.js';
import { temporaryFolder } from './cluster/support.js';

const order: string[] = [];
let folder = '';

test('A test opens what modules that tests share provide', () => {
  folder = temporaryFolder();
  expect(existsSync(folder)).toBe(true);
  afterTest(() => order.push('first'));
  afterTest(async () => order.push('second'));
});

test('It is gone when the next one begins, the youngest first', () => {
  expect(existsSync(folder)).toBe(false);
  expect(order).toEqual(['second', 'first']);
});
