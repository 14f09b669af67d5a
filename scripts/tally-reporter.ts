/** The gate's last line: how many tests ran. Where skipping is forbidden, a skipped test fails it. */
import type { Reporter, TestModule } from 'vitest/node';

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tally = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) tally[test.result().state]++;
      if (module.state() === 'failed' && module.children.size === 0) tally.failed++;
    }
    const skipped = tally.skipped + tally.pending;
    if (skipped > 0 && process.env.SCATTERCAST_FORBID_SKIPS === '1') {
      process.stdout.write(`${skipped} tests were skipped, and skipping is forbidden here\n`);
      process.exitCode = 1;
    }
    const skippedText = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed${skippedText}\n`);
  }
}
