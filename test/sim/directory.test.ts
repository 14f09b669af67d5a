/** A small directory session with all that befalls it; `npm run bench -- directory` plays large ones. */
import { expect, test } from 'vitest';
import { runDirectory } from '../../src/simulator/directory/directory-run.js';
import { readRtts } from '../../src/simulator/topology/rtt-reader.js';
import { fixtureText, goodOf } from '../simulator/fixtures.js';

const PLANETLAB = 'planetlab490';

test('A directory is the same everywhere, soon and cheaply, also after a partition and a flood', () => {
  const report = runDirectory({
    ...{
      topology: { kind: 'matrix', matrix: goodOf(readRtts(fixtureText(PLANETLAB))) },
      seed: 3,
      scxs: 8,
      announcementsPerScx: 4,
    },
    ...{ refreshMs: 60_000, quietMs: 30_000, probes: 10 },
  });
  expect(report.entries).toBe(8 * 5);
  expect(Math.max(...report.spreadMs)).toBeLessThanOrEqual(2000);
  expect(report.newcomerMs).toBeLessThanOrEqual(5000);
  expect(Math.max(...report.quietKbps)).toBeLessThanOrEqual(4);
  expect(report.healedMs).toBeLessThan(60_000);
  expect(Math.max(...report.floodedSpreadMs)).toBeLessThanOrEqual(2000);
  expect(report.incomplete).toBe(0);
});
