import { describe, expect, test } from 'vitest';
import { runShared, type SharedRunOptions } from '../../../src/simulator/shared/shared-run.js';
import { gtitmFixture } from '../fixtures.js';

const { graph } = gtitmFixture('ts1000n-0');

const options: SharedRunOptions = {
  topology: { kind: 'graph', graph },
  ...{ seed: 1, scxs: 16, senders: 200, packetsPerSender: 2, sendingMs: 10_000, lossRate: 0.05 },
};

/** Played once for all tests that only read it. */
const report = runShared(options);

describe('A shared tree', () => {
  test('brings the packets of all senders to every SCX once, although links lose some', () => {
    expect(report.lost.packets).toBeGreaterThan(100);
    expect(report.due).toBe(16 * 400);
    expect(report.delivered).toBe(report.due);
    expect(report.repeated).toBe(0);
  });

  test('asks for each loss once, on the link where it happened', () => {
    const { sent, lost } = report;
    expect(sent.nacks).toBeLessThanOrEqual(lost.packets + lost.nacks);
    // One packet over each of the 15 links, one for each repair, and some twice while links change.
    expect(sent.packets).toBeLessThanOrEqual(1.1 * 15 * 400 + lost.packets);
  });

  test('keeps the same for many senders as for few, who need no route', () => {
    const few = runShared({ ...options, senders: 4, packetsPerSender: 100 });
    expect(few.delivered).toBe(few.due);
    expect(report.packetsKept).toBe(few.packetsKept);
    expect(report.linksKept).toBe(few.linksKept);
    expect([few.sourcesKnown, report.sourcesKnown]).toEqual([1, 1]);
  });

  test('brings what living SCXs send to all others, although SCXs crash', () => {
    const crashing = runShared({ ...options, seed: 2, crashes: 3 });
    expect(crashing.delivered / crashing.due).toBeGreaterThan(0.99);
    expect(crashing.repeated).toBe(0);
  });
});
