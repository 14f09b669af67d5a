import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import {
  openFilesMax,
  parseOpenFilesMax,
  watchOpenFiles,
} from '../../../src/runtime/system/open-files.js';

describe('The limit of open files', () => {
  test('is read as the system writes it', () => {
    const head = 'Limit                     Soft Limit           Hard Limit           Units     ';
    const line = (soft: string) => `${head}\nMax open files            ${soft}   1048576    files`;
    expect(parseOpenFilesMax(line('300'))).toBe(300);
    expect(parseOpenFilesMax(line('unlimited'))).toBe(Number.POSITIVE_INFINITY);
    expect(parseOpenFilesMax(head)).toBeUndefined();
    expect(openFilesMax()).toBe(parseOpenFilesMax(readFileSync('/proc/self/limits', 'utf8')));
  });

  test('is told of when it comes near, once, and when there is room again', async () => {
    const lines: { level: number; openFiles: number }[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const counts = [90, 91, 95, undefined, 10, 92];
    let end = (): void => undefined;
    await new Promise<void>((resolve) => {
      const count = async () => {
        if (counts.length === 0) resolve();
        return counts.shift();
      };
      end = watchOpenFiles({ log, max: () => 100, count, everyMs: 1 });
    });
    end();
    expect(lines.map(({ level, openFiles }) => [level, openFiles])).toEqual([
      [50, 91],
      [30, 0],
      [50, 92],
    ]);
  });
});
