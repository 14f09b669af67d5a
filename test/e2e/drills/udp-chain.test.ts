/**
 * Five SCXs in a row, audio announced as UDP, and one of twenty datagrams lost on every link: the
 * drill of `npm run bench -- udp`, in small.
 */
import { expect, test } from 'vitest';
import { measureChain } from '../../../scripts/bench/udp/measure.js';

test('UDP over four lossy hops loses no frame, and costs little more than the audio', async () => {
  const report = await measureChain({
    ...{ hops: 4, delayMs: 20, seconds: 10, loss: 0.05, seed: 1, firstPort: 28_650 },
  });
  expect(report.frames).toBeGreaterThan(300);
  expect(report.lost).toBeGreaterThan(0.02);
  for (const hop of report.hops) {
    expect(hop.latenciesMs).toHaveLength(report.frames);
    expect(hop).toMatchObject({ missed: 0, disordered: 0 });
    expect(hop.repaired).toBeGreaterThan(0);
  }
  expect(report.datagramBytes / report.aduBytes).toBeGreaterThan(1);
  const bytes = report.datagramBytes + report.tcpBytes;
  expect(bytes / report.aduBytes).toBeLessThan(1.1);
}, 120_000);
