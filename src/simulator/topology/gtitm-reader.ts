/**
 * Reads a graph of the Georgia Tech generator (GT-ITM, the paper's [41]) as `sgb2alt` prints it:
 *
 *   N nodes links
 *   V id name x y              name T:domain.node: a transit router; S:domain.node/stub.node: a node
 *                              of a stub domain that hangs off that transit router
 *   E u v length policyWeight  undirected; length is taken as ms one way
 */
import { good, type Result } from '../../lib/result.js';
import { createGraph, isConnected, type Link, type NamedGraph } from './graph.js';
import { createLineFindings, type Line, linesOf, readDistance, readIndex } from './lines.js';

/** Bounds of what is taken, so that a wrong file does not fill the memory. */
const NODES_MAX = 200_000;
const LINKS_MAX = 2_000_000;
const NAME_LENGTH_MAX = 64;

const COORDINATE = /^-?\d{1,9}(\.\d{1,9})?$/;

/** The graph in a text, or all problems with their lines. */
export function readGtitm(text: string): Result<NamedGraph> {
  const findings = createLineFindings();
  const links: Link[] = [];
  let size: { readonly nodes: number; readonly links: number } | undefined;
  let names: (string | undefined)[] = [];

  const readSize = (line: Line): void => {
    const nodes = readIndex(line.words[1], NODES_MAX + 1);
    const count = readIndex(line.words[2], LINKS_MAX + 1);
    if (size !== undefined) findings.add(line, 'a second N line');
    else if (line.words.length !== 3 || nodes === undefined || count === undefined || nodes === 0) {
      findings.add(line, `N needs nodes (1 to ${NODES_MAX}) and links (0 to ${LINKS_MAX})`);
    } else {
      size = { nodes, links: count };
      names = new Array<string | undefined>(nodes).fill(undefined);
    }
  };

  const readNode = (line: Line): void => {
    const [, word, name = '', x = '', y = ''] = line.words;
    const id = readIndex(word, names.length);
    const isSound = name !== '' && name.length <= NAME_LENGTH_MAX && line.words.length === 5;
    if (id === undefined || !isSound || !COORDINATE.test(x) || !COORDINATE.test(y)) {
      findings.add(line, `V needs an id below ${names.length}, a name, x and y`);
    } else if (names[id] !== undefined) findings.add(line, `a second node ${id}`);
    else names[id] = name;
  };

  const readLink = (line: Line): void => {
    const from = readIndex(line.words[1], names.length);
    const to = readIndex(line.words[2], names.length);
    const length = readDistance(line.words[3]);
    const weight = readDistance(line.words[4]);
    const isSound = line.words.length === 5 && weight !== undefined && from !== to;
    if (from === undefined || to === undefined || length === undefined || !isSound) {
      findings.add(line, `E needs two different ids below ${names.length}, length and weight`);
    } else if (links.length < LINKS_MAX) links.push({ from, to, length });
  };

  const readLine = (line: Line): void => {
    const [kind] = line.words;
    if (kind === 'N') return readSize(line);
    if (size === undefined) return findings.add(line, 'the N line must come first');
    if (kind === 'V') return readNode(line);
    if (kind === 'E') return readLink(line);
    findings.add(line, `must begin with N, V or E, not ${JSON.stringify(kind?.slice(0, 20))}`);
  };

  for (const line of linesOf(text)) {
    readLine(line);
    // Without a size nothing else can be judged.
    if (size === undefined && !findings.empty) return findings.refuse();
  }
  if (size === undefined) findings.add(undefined, 'there is no N line');
  else {
    const missing = names.filter((name) => name === undefined).length;
    if (missing > 0) findings.add(undefined, `${missing} of ${size.nodes} nodes are missing`);
    if (findings.empty && links.length !== size.links) {
      findings.add(undefined, `N says ${size.links} links, there are ${links.length}`);
    }
  }
  if (!findings.empty) return findings.refuse();
  const graph = createGraph(names.length, links);
  if (!isConnected(graph)) findings.add(undefined, 'the graph is not connected');
  return findings.empty ? good({ graph, names: names as string[] }) : findings.refuse();
}
