import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const setupFiles = ['test/loopback-only.ts'];
const slow = { setupFiles, testTimeout: 120_000, hookTimeout: 60_000 };

/** Tests that measure pauses or load the machine run one at a time. */
const ALONE = ['test/e2e/drills/*.test.ts'];

/**
 * Pure and in-process tests first, in parallel; then real processes and players, who wait for sound most of
 * the time; at last the drills, one file at a time.
 */
export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  test: {
    reporters: ['default', './scripts/tally-reporter.ts'],
    projects: [
      {
        test: {
          name: 'core',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          setupFiles,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ALONE,
          ...slow,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'drills',
          include: ALONE,
          ...slow,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
