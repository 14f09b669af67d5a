/**
 * What the gate prints at the end of a run: the slowest test files, then how many tests ran. The
 * gate must stay short, so each run shows where its time went. The last line is the tally, and
 * nothing follows it: scripts read it. Where skipping is forbidden (.ci/run), a skipped test fails
 * the run.
 */
import type { Reporter, TestModule } from 'vitest/node';

const SLOWEST = 20;

/** Seconds of a file from the start of its imports to the end of its last hook. */
function secondsOf(module: TestModule): number {
  const { setupDuration, collectDuration, duration } = module.diagnostic();
  return (setupDuration + collectDuration + duration) / 1000;
}

/** The slowest files, one a line: seconds, tests, project, path. */
function slowestFiles(modules: readonly TestModule[]): string {
  const rows = modules.map((module) => ({ module, seconds: secondsOf(module) }));
  const sum = rows.reduce((total, { seconds }) => total + seconds, 0);
  const slowest = rows.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  const lines = slowest.map(({ module, seconds }) => {
    const tests = [...module.children.allTests()].length;
    const numbers = `${seconds.toFixed(1).padStart(7)} ${String(tests).padStart(6)}`;
    return `${numbers}  ${module.project.name.padEnd(8)} ${module.relativeModuleId}`;
  });
  const head = `The slowest ${lines.length} of ${rows.length} files (${sum.toFixed(0)} s in all):`;
  return [head, 'seconds  tests  project  file', ...lines].join('\n');
}

/** `N passed, N failed[, N skipped]`; a file that could not be loaded is one failure. */
function tallyOf(modules: readonly TestModule[]) {
  const tally = { passed: 0, failed: 0, skipped: 0, pending: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) tally[test.result().state]++;
    if (module.state() === 'failed' && module.children.size === 0) tally.failed++;
  }
  const { passed, failed } = tally;
  return { passed, failed, skipped: tally.skipped + tally.pending };
}

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const { passed, failed, skipped } = tallyOf(modules);
    process.stdout.write(`\n${slowestFiles(modules)}\n`);
    if (skipped > 0 && process.env.SCATTERCAST_FORBID_SKIPS === '1') {
      process.stdout.write(`${skipped} tests were skipped, and skipping is forbidden here\n`);
      process.exitCode = 1;
    }
    const skippedText = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`\n${passed} passed, ${failed} failed${skippedText}\n`);
  }
}
