/**
 * Cleaning up in modules that tests share. Files of one project may share a process, and with it the
 * modules that they import: an `afterEach` at the top of such a module would belong to the file that
 * imported it first, and what the other files open would stay. So these modules register what is
 * to be closed here, and clean-up.ts, which vitest runs for each file, has it closed.
 */
type CleanUp = () => unknown;

const cleanUps: CleanUp[] = [];

/** Calls `cleanUp` after the present test, before those that were registered earlier. */
export function afterTest(cleanUp: CleanUp): void {
  cleanUps.push(cleanUp);
}

/** Cleans up; what fails does not keep the rest from being cleaned up. */
export async function cleanUpNow(): Promise<void> {
  const failures: unknown[] = [];
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await Promise.resolve()
      .then(cleanUp)
      .catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
