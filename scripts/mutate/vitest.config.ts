/**
 * The tests' configuration with one mutant in it: the change is made while the file is loaded, so
 * no file on disk is ever touched. SCATTERCAST_MUTANT holds the mutant as JSON.
 */
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { type Mutant, mutate } from './mutants.js';

const root = resolve(import.meta.dirname, '../..');
const mutant = JSON.parse(process.env.SCATTERCAST_MUTANT ?? 'null') as Mutant | null;

export default defineConfig({
  root,
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform: (source, id) =>
        mutant !== null && id === resolve(root, mutant.file) ? mutate(source, mutant) : undefined,
    },
  ],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/loopback-only.ts'],
    testTimeout: 60_000,
    reporters: [['default', { summary: false }]],
  },
});
