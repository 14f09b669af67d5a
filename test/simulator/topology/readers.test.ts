import { describe, expect, test } from 'vitest';
import { readGtitm } from '../../../src/simulator/topology/gtitm-reader.js';
import { readRtts } from '../../../src/simulator/topology/rtt-reader.js';
import { rttMs } from '../../../src/simulator/topology/topology.js';
import { fixtureText, goodOf, gtitmFixture, problemsOf } from '../fixtures.js';

const GRAPH = [
  '# a comment',
  'N 3 2',
  'V 0 T:0.0 1 2',
  'V 1 S:0.0/0.0 3 4  # another',
  '',
  'V 2 S:0.0/0.1 5 6',
  'E 0 1 7 1',
  'E 1 2 3 1',
];

/** The graph with one line replaced, counted from 1. */
const withLine = (number: number, line: string): string =>
  GRAPH.map((old, index) => (index === number - 1 ? line : old)).join('\n');

describe('The GT-ITM reader', () => {
  test('reads nodes with their names and links with their lengths', () => {
    const { graph, names } = goodOf(readGtitm(GRAPH.join('\n')));
    expect(names).toEqual(['T:0.0', 'S:0.0/0.0', 'S:0.0/0.1']);
    expect(graph.links).toEqual([
      { from: 0, to: 1, length: 7 },
      { from: 1, to: 2, length: 3 },
    ]);
  });

  test('reads the reference graphs completely', () => {
    expect(gtitmFixture('ts1000n-0').graph).toMatchObject({ nodes: 1000 });
    expect(gtitmFixture('ts1000n-0').graph.links).toHaveLength(2282);
    expect(gtitmFixture('ts1000a-0').names.filter((name) => name.startsWith('T'))).toHaveLength(40);
  });

  test.each([
    [2, 'N 3', /^line 2: N needs nodes/],
    [2, 'N 1e9 2', /^line 2: N needs/],
    [2, 'V 0 a 1 2', /^line 2: the N line must come first/],
    [3, 'V 3 a 1 2', /^line 3: V needs an id below 3/],
    [3, 'V 1 a 1 2', /^line 4: node 1 already has a V line$/],
    [3, 'V 0 a x 2', /^line 3: V needs/],
    [7, 'E 0 0 7 1', /^line 7: E needs two different ids/],
    [7, 'E 0 3 7 1', /^line 7: E needs/],
    [7, 'E 0 1 -7 1', /^line 7: E needs/],
    [7, 'E 0 1 7', /^line 7: E needs/],
    [7, 'F 0 1 7', /^line 7: a line must begin with N, V or E, not "F"$/],
    [7, 'N 3 2', /^line 7: there must be only one N line$/],
    [7, '', /^the N line announces 2 links, but the file has 1$/],
    [7, 'E 1 2 7 1', /^the graph is not connected/],
    [6, '', /^1 of 3 nodes have no V line$/],
  ])('refuses line %i as %j', (number, line, problem) => {
    expect(problemsOf(readGtitm(withLine(number, line)))[0]).toMatch(problem);
  });

  test('reports all problems, but not more than 20', () => {
    const bad = [...GRAPH, 'X', 'Y'].join('\n');
    expect(problemsOf(readGtitm(bad))).toEqual([
      'line 9: a line must begin with N, V or E, not "X"',
      'line 10: a line must begin with N, V or E, not "Y"',
    ]);
    const worse = [...GRAPH, ...Array.from({ length: 1000 }, () => 'X')].join('\n');
    expect(problemsOf(readGtitm(worse))).toHaveLength(21);
    expect(problemsOf(readGtitm(worse)).at(-1)).toBe('and 980 more');
    expect(problemsOf(readGtitm(''))).toEqual(['the file has no N line']);
  });
});

describe('The reader of round trips', () => {
  test('reads rows, labels and comments', () => {
    const matrix = goodOf(readRtts('# from\nN 3\nV 0 here x\n10\n20.5 0.3\n'));
    expect(matrix.nodes).toBe(3);
    expect(rttMs(matrix, 0, 1)).toBe(10);
    expect(rttMs(matrix, 0, 2)).toBe(20.5);
    expect(rttMs(matrix, 2, 1)).toBe(0.3);
    expect(rttMs(matrix, 2, 2)).toBe(0);
  });

  test('reads the PlanetLab matrix completely', () => {
    const matrix = goodOf(readRtts(fixtureText('planetlab490')));
    expect(matrix.nodes).toBe(490);
    expect(rttMs(matrix, 0, 1)).toBe(0.16);
    expect(Math.min(...matrix.rttsMs)).toBeGreaterThan(0);
  });

  test.each([
    ['10', /^line 1: the N line must come first/],
    ['N 1', /^line 1: N needs/],
    ['N 3\n10\n20', /^line 3: the row of node 2 must have 2 values, but it has 1$/],
    ['N 3\n10\n20 x', /^line 3: "x" is not a round trip in ms, 0 to 3600000$/],
    ['N 3\n10\n20 -3', /^line 3: "-3" is not a round trip in ms, 0 to 3600000$/],
    ['N 2\n10\n20 3', /^line 3: there are too many rows: 2 nodes have 1$/],
    ['N 3\n10', /^1 of 2 rows are missing/],
    ['N 3\nV 3 x\n10\n1 2', /^line 2: V needs/],
    ['N 2\nN 2\n1', /^line 2: there must be only one N line$/],
    ['', /^the file has no N line$/],
  ])('refuses %j', (text, problem) => {
    expect(problemsOf(readRtts(text))[0]).toMatch(problem);
  });
});
