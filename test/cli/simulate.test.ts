import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { progressLine, runText, summaryText } from '../../src/cli/simulate-view.js';
import { measuresOf } from '../../src/cli/simulation-measures.js';
import { openTopology } from '../../src/cli/topology-file.js';
import { degree, probability } from '../../src/cli/values.js';
import { FAST } from '../../src/gossamer/config.js';
import { EXIT, UserError } from '../../src/lib/user-error.js';
import { runExperiment } from '../../src/simulator/experiment.js';
import { TS1000N } from '../../src/simulator/topology/transit-stub.js';

const directory = mkdtempSync(join(tmpdir(), 'scattercast-simulate-'));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
const fileOf = (content: string | Uint8Array): string => {
  const file = join(directory, `topology-${files++}`);
  writeFileSync(file, content);
  return file;
};

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/topologies/${name}.txt.gz`, import.meta.url));

const MATRIX = 'N 3\n10\n20 30\n';

describe('The topology of a simulation', () => {
  test('is drawn anew for each seed, and the same for the same', () => {
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
    ['a file that is not there', 'rtt:/no/such', EXIT.file, /there is no such file/],
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

  test('shows how far a run is', () => {
    const bar = `${'#'.repeat(15)}${'.'.repeat(15)}`;
    expect(progressLine(2, 3, 300_000, 600_000)).toBe(`run 2 of 3  [${bar}]  300 of 600 s`);
  });
});

describe('The options of a simulation', () => {
  test('take a degree and a probability', () => {
    expect(degree.parse('3,4')).toEqual({ added: 3, accepted: 4 });
    expect(degree.safeParse('3').success).toBe(false);
    expect(probability.parse('0.15')).toBe(0.15);
    expect(probability.safeParse('1.5').success).toBe(false);
  });
});
