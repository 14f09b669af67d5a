import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { degree, faults } from '../../../src/cli/options/simulate-values.js';
import { probability } from '../../../src/cli/options/values.js';
import { faultSummaryText, faultText } from '../../../src/cli/simulate/faults-view.js';
import { measuresOf } from '../../../src/cli/simulate/measures.js';
import { progressLine, runText, summaryText } from '../../../src/cli/simulate/simulate-view.js';
import { openTopology } from '../../../src/cli/simulate/topology-file.js';
import { FAST } from '../../../src/gossamer/core/config.js';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import { runExperiment } from '../../../src/simulator/experiment/experiment.js';
import { runFaults } from '../../../src/simulator/faults/fault-run.js';
import type { FaultScenario } from '../../../src/simulator/faults/scenario.js';
import { TS1000N } from '../../../src/simulator/topology/transit-stub.js';

const directory = mkdtempSync(join(tmpdir(), 'scattercast-simulate-'));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
const fileOf = (content: string | Uint8Array): string => {
  const file = join(directory, `topology-${files++}`);
  writeFileSync(file, content);
  return file;
};

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/topologies/${name}.txt.gz`, import.meta.url));

const MATRIX = 'N 3\n10\n20 30\n';

describe('The topology of a simulation', () => {
  test('is drawn for each seed, and is the same for the same seed', () => {
    const source = openTopology('transit-stub', TS1000N);
    expect(source(1)).toEqual(source(1));
    expect(source(2)).not.toEqual(source(1));
  });

  test('comes from a file in either format, gzipped or not', () => {
    const graph = openTopology(`gtitm:${fixture('ts1000n-0')}`, TS1000N);
    expect(graph(1)).toMatchObject({ kind: 'graph', graph: { nodes: 1000 } });
    expect(graph(2)).toBe(graph(1));
    for (const content of [MATRIX, gzipSync(MATRIX)]) {
      const matrix = openTopology(`rtt:${fileOf(content)}`, TS1000N);
      expect(matrix(1)).toMatchObject({ kind: 'matrix', matrix: { nodes: 3 } });
    }
  });

  test.each([
    ['an unknown SPEC', 'matrix:x', EXIT.usage, /must be transit-stub, gtitm:FILE or rtt:FILE/],
    ['a missing file', 'rtt:/no/such', EXIT.file, /there is no such file/],
    ['a directory', `rtt:${directory}`, EXIT.file, /cannot read .* EISDIR/],
    ['a broken archive', `rtt:${fileOf(Uint8Array.of(0x1f, 0x8b, 1))}`, EXIT.file, /cannot read/],
    ['another format', `gtitm:${fileOf(MATRIX)}`, EXIT.file, /line 1: N needs nodes/],
  ])('is refused: %s', (_what, spec, exitCode, message) => {
    const open = (): unknown => openTopology(spec, TS1000N)(1);
    expect(open).toThrow(UserError);
    expect(open).toThrow(message);
    expect(open).toThrow(expect.objectContaining({ exitCode }));
  });

  test('is refused when no draw can be connected', () => {
    const source = openTopology('transit-stub', { ...TS1000N, stubDensity: 0 });
    expect(() => source(1)).toThrow(/never connected at an edge probability of 0/);
  });
});

describe('What a simulation prints', () => {
  const topology = openTopology('transit-stub', TS1000N)(1);
  const session = { topology, scxs: 5, sources: 2, config: FAST, joinWithinMs: 5000 };
  const play = (seed: number) =>
    runExperiment({ ...session, seed, untilMs: 30_000, adusPerSecond: 2 });
  const report = play(1);

  test('has every drawn parameter, the trace, and a line for each source and measure', () => {
    const text = runText(report);
    expect(text).toContain(`seed 1   trace ${report.traceHash}`);
    expect(text).toContain(report.drawn.places.join(' '));
    for (const { scx, ratio } of report.sources) {
      expect(text).toMatch(new RegExp(`^ +${scx} +${ratio.toFixed(3)} `, 'm'));
    }
    for (const { name } of measuresOf(report)) expect(text).toContain(name);
    expect(text).toMatch(/mesh stable .* -$/m);
  });

  test('summarises runs by mean, confidence and extremes', () => {
    const text = summaryText([report, play(2)]);
    expect(text).toMatch(/^over the runs +mean +± 95% +min +max +runs$/m);
    expect(text).toMatch(/^SCXs without a route at the end +0 +0 +0 +0 +2$/m);
  });

  test('shows the progress of all runs together', () => {
    const bar = `${'#'.repeat(15)}${'.'.repeat(15)}`;
    expect(progressLine(3, 300_000, 600_000)).toBe(`3 runs  [${bar}]  300 of 600 s`);
    expect(progressLine(1, 0, 0)).toMatch(/^1 run {2}\[#{30}\]/);
  });
});

describe('What a simulation with faults prints', () => {
  const topology = openTopology('transit-stub', TS1000N)(1);
  const play = (scenario: FaultScenario, seed: number) =>
    runFaults({
      ...{ topology, seed, scxs: 6, sources: 1, config: FAST, scenario },
      ...{ settleMs: 10_000, lastingMs: 5000 },
    });
  const report = play({ kind: 'partition', forMs: 5000 }, 1);

  test('has the seed, the faults, both sides and the bound of healing', () => {
    const text = faultText(report);
    expect(text).toContain(`seed 1   trace ${report.traceHash}`);
    expect(text).toMatch(/^10\.00 s cut \d+ \d+ \d+$/m);
    expect(text).toMatch(/^ +without it +3 /m);
    expect(text).toContain(`healed within ${report.healingBoundMs} ms`);
    expect(text).toMatch(/^ +invariants broken +0$/m);
  });

  test('names the broken invariant, and how to replay the run', () => {
    const text = faultText({ ...report, broken: 'assertion failed: k1' });
    expect(text).toContain('BROKEN: assertion failed: k1');
    expect(text).toContain('replay: the same command with --seed 1 --runs 1');
    expect(text).toMatch(/^ +invariants broken +1$/m);
  });

  test('summarises the runs', () => {
    const text = faultSummaryText([report, { ...report, delivery: { due: 5, missed: 1 } }]);
    expect(text).toContain(
      `ADUs due to SCXs present: ${report.delivery.due + 5}, missed: 1, received:`,
    );
    expect(text).toMatch(/^recovery: longest of a run +\d+ +\d+ +\d+ +2$/m);
    expect(text).toContain('runs with a broken invariant: 0');
  });
});

describe('The options of a simulation', () => {
  test('take a degree and a probability', () => {
    expect(degree.parse('3,4')).toEqual({ added: 3, accepted: 4 });
    expect(degree.safeParse('3').success).toBe(false);
    expect(probability.parse('0.15')).toBe(0.15);
    expect(probability.safeParse('1.5').success).toBe(false);
  });

  test('take faults by name and amount', () => {
    expect(faults.parse('crash:30%')).toEqual({ kind: 'crash', share: 0.3 });
    expect(faults.parse('vanish:5%')).toEqual({ kind: 'vanish', share: 0.05 });
    expect(faults.parse('churn:0.5/s')).toEqual({ kind: 'churn', perSecond: 0.5 });
    expect(faults.parse('partition:60s')).toEqual({ kind: 'partition', forMs: 60_000 });
    expect(faults.parse('loss:5%')).toEqual({ kind: 'loss', share: 0.05 });
    expect(faults.parse('flapping')).toEqual({ kind: 'flapping' });
  });

  test.each(['crash', 'crash:30', 'crash:100%', 'crash:0%', 'churn:1', 'loss:5%:x', 'fire:1s', 7])(
    'refuse the faults %s',
    (raw) => expect(faults.safeParse(raw).success).toBe(false),
  );
});
