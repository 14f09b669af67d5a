/**
 * The tests, run again and again in one Vitest with one mutant after the other. The change is made
 * while the file is loaded, so no file on disk is ever touched. Starting Vitest takes longer than
 * most mutants live, so it is started once.
 */
import { resolve } from 'node:path';
import { createVitest } from 'vitest/node';
import { type Mutant, mutate } from './mutants.js';

export interface MutatedTests {
  /** Whether the tests below these paths pass with the mutant; undefined: without any. */
  pass(mutant: Mutant | undefined, paths: readonly string[]): Promise<boolean>;
  close(): Promise<void>;
}

/** A mutant that makes a test run for ever is noticed, too, ms. */
const TEST_MS_MAX = 60_000;

/** A Vitest that has run nothing yet; `root` is the repository. */
export async function openMutatedTests(root: string): Promise<MutatedTests> {
  let present: Mutant | undefined;
  const isPresent = (id: string): boolean =>
    present !== undefined && id === resolve(root, present.file);

  const plugin = {
    name: 'mutant',
    enforce: 'pre' as const,
    transform: (source: string, id: string) =>
      present !== undefined && isPresent(id) ? mutate(source, present) : undefined,
  };
  const options = {
    ...{ root, config: false as const, watch: false, bail: 1, maxWorkers: 1, isolate: false },
    ...{
      include: ['test/**/*.test.ts'],
      setupFiles: ['test/loopback-only.ts', 'test/clean-up.ts'],
    },
    ...{ testTimeout: TEST_MS_MAX, reporters: [{}] },
  };
  const vitest = await createVitest('test', options, { plugins: [plugin] });
  await vitest.standalone();

  return {
    pass: async (mutant, paths) => {
      for (const one of [present, mutant]) {
        if (one !== undefined) vitest.invalidateFile(resolve(root, one.file));
      }
      present = mutant;
      const specifications = await vitest.globTestSpecifications([...paths]);
      if (specifications.length === 0) throw new Error(`there are no tests in ${paths}`);
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
      return unhandledErrors.length === 0 && testModules.every((module) => module.ok());
    },
    close: () => vitest.close(),
  };
}
