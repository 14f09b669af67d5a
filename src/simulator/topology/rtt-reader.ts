/**
 * Reads a matrix of round trips: `N nodes`, perhaps a `V id label` for each, then one row for each
 * node i >= 1 with its RTTs to the nodes 0..i-1, in ms.
 */
import { good, type Result } from '../../lib/result.js';
import { createLineFindings, type Line, linesOf, readDistance, readIndex } from './lines.js';
import type { RttMatrix } from './topology.js';

/** Bound of what is taken: 100 MB of numbers. */
const NODES_MAX = 5000;

/** The matrix in a text, or all problems with their lines. */
export function readRtts(text: string): Result<RttMatrix> {
  const findings = createLineFindings();
  let matrix: RttMatrix | undefined;
  let row = 1;

  const readSize = (line: Line): void => {
    const nodes = readIndex(line.words[1], NODES_MAX + 1);
    if (line.words[0] !== 'N') findings.add(line, 'the N line must come first');
    else if (line.words.length !== 2 || nodes === undefined || nodes < 2) {
      findings.add(line, `N needs the number of nodes, 2 to ${NODES_MAX}`);
    } else matrix = { nodes, rttsMs: new Float64Array((nodes * (nodes - 1)) / 2) };
  };

  const readLabel = (line: Line, { nodes }: RttMatrix): void => {
    const id = readIndex(line.words[1], nodes);
    if (id === undefined || line.words.length < 3) {
      findings.add(line, `V needs an id below ${nodes} and a label`);
    }
  };

  const readRow = (line: Line, { nodes, rttsMs }: RttMatrix): void => {
    const values = line.words.map(readDistance);
    const wrong = values.indexOf(undefined);
    const start = (row * (row - 1)) / 2;
    if (row >= nodes) findings.add(line, `a row too many: there are ${nodes} nodes`);
    else if (values.length !== row) {
      findings.add(line, `the row of node ${row} needs ${row} values, it has ${values.length}`);
    } else if (wrong !== -1) {
      findings.add(line, `no RTT: ${JSON.stringify(line.words[wrong]?.slice(0, 20))}`);
    } else rttsMs.set(values as number[], start);
    row++;
  };

  for (const line of linesOf(text)) {
    if (matrix === undefined) {
      readSize(line);
      if (matrix === undefined) return findings.refuse();
    } else if (line.words[0] === 'N') findings.add(line, 'a second N line');
    else if (line.words[0] === 'V') readLabel(line, matrix);
    else readRow(line, matrix);
  }
  if (matrix === undefined) findings.add(undefined, 'there is no N line');
  else if (row < matrix.nodes) {
    findings.add(undefined, `${matrix.nodes - row} of ${matrix.nodes - 1} rows are missing`);
  }
  return matrix !== undefined && findings.empty ? good(matrix) : findings.refuse();
}
