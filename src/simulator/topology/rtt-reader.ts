/**
 * Reads a matrix of round trips: `N nodes`, an optional `V id label` for each node, then one row
 * for each node i >= 1 with its round trips to the nodes 0..i-1, in ms.
 */
import { good, type Result } from '../../lib/result.js';
import {
  createLineFindings,
  DISTANCE_MAX,
  excerptOf,
  type Line,
  type LineFindings,
  linesOf,
  readDistance,
  readIndex,
} from './lines.js';
import type { RttMatrix } from './topology.js';

/** Bound, so that a wrong file does not fill the memory: 100 MB of numbers. */
const NODES_MAX = 5000;

/**
 * An empty matrix of the size in the N line, which must come first; undefined, with a finding, if
 * bad.
 */
function readSize(line: Line, findings: LineFindings): RttMatrix | undefined {
  const nodes = readIndex(line.words[1], NODES_MAX + 1);
  if (line.words[0] !== 'N') findings.add(line, 'the N line must come first');
  else if (line.words.length !== 2 || nodes === undefined || nodes < 2) {
    findings.add(line, `N needs the number of nodes, 2 to ${NODES_MAX}`);
  } else return { nodes, rttsMs: new Float64Array((nodes * (nodes - 1)) / 2) };
  return undefined;
}

function checkLabel(line: Line, { nodes }: RttMatrix, findings: LineFindings): void {
  const id = readIndex(line.words[1], nodes);
  if (id === undefined || line.words.length < 3) {
    findings.add(line, `V needs an id below ${nodes} and a label`);
  }
}

/** Reads the row of node `row` into the matrix. */
function readRow(row: number, line: Line, matrix: RttMatrix, findings: LineFindings): void {
  const { nodes, rttsMs } = matrix;
  const values = line.words.map(readDistance);
  const wrong = values.indexOf(undefined);
  if (row >= nodes) {
    findings.add(line, `there are too many rows: ${nodes} nodes have ${nodes - 1}`);
  } else if (values.length !== row) {
    findings.add(
      line,
      `the row of node ${row} must have ${row} values, but it has ${values.length}`,
    );
  } else if (wrong !== -1) {
    const word = excerptOf(line.words[wrong]);
    findings.add(line, `${word} is not a round trip in ms, 0 to ${DISTANCE_MAX}`);
  } else rttsMs.set(values as number[], (row * (row - 1)) / 2);
}

/** The matrix in a text, or its problems with their lines. */
export function readRtts(text: string): Result<RttMatrix> {
  const findings = createLineFindings();
  let matrix: RttMatrix | undefined;
  let row = 1;
  for (const line of linesOf(text)) {
    if (matrix === undefined) {
      matrix = readSize(line, findings);
      if (matrix === undefined) return findings.refuse();
    } else if (line.words[0] === 'N') findings.add(line, 'there must be only one N line');
    else if (line.words[0] === 'V') checkLabel(line, matrix, findings);
    else readRow(row++, line, matrix, findings);
  }
  if (matrix === undefined) findings.add(undefined, 'the file has no N line');
  else if (row < matrix.nodes) {
    findings.add(undefined, `${matrix.nodes - row} of ${matrix.nodes - 1} rows are missing`);
  }
  return matrix !== undefined && findings.empty ? good(matrix) : findings.refuse();
}
