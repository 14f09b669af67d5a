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
import {
  createLineFindings,
  excerptOf,
  type Line,
  type LineFindings,
  linesOf,
  readDistance,
  readIndex,
} from './lines.js';

/** Bounds, so that a wrong file does not fill the memory. */
const NODES_MAX = 200_000;
const LINKS_MAX = 2_000_000;
const NAME_LENGTH_MAX = 64;

const COORDINATE = /^-?\d{1,9}(\.\d{1,9})?$/;

/** The file as far as it has been read. */
interface Draft {
  readonly findings: LineFindings;
  readonly links: Link[];
  /** By node; undefined: without a V line so far. */
  readonly names: (string | undefined)[];
  /** What the N line announces; undefined: there was none. */
  size: { readonly nodes: number; readonly links: number } | undefined;
}

function readSize(line: Line, draft: Draft): void {
  const { findings, names, size } = draft;
  const nodes = readIndex(line.words[1], NODES_MAX + 1);
  const links = readIndex(line.words[2], LINKS_MAX + 1);
  if (size !== undefined) findings.add(line, 'there must be only one N line');
  else if (line.words.length !== 3 || nodes === undefined || links === undefined || nodes === 0) {
    findings.add(line, `N needs nodes (1 to ${NODES_MAX}) and links (0 to ${LINKS_MAX})`);
  } else {
    draft.size = { nodes, links };
    for (let node = 0; node < nodes; node++) names.push(undefined);
  }
}

function readNode(line: Line, { findings, names }: Draft): void {
  const [, word, name = '', x = '', y = ''] = line.words;
  const id = readIndex(word, names.length);
  const isSound = name !== '' && name.length <= NAME_LENGTH_MAX && line.words.length === 5;
  if (id === undefined || !isSound || !COORDINATE.test(x) || !COORDINATE.test(y)) {
    findings.add(line, `V needs an id below ${names.length}, a name, x and y`);
  } else if (names[id] !== undefined) findings.add(line, `node ${id} already has a V line`);
  else names[id] = name;
}

function readLink(line: Line, { findings, names, links }: Draft): void {
  const from = readIndex(line.words[1], names.length);
  const to = readIndex(line.words[2], names.length);
  const length = readDistance(line.words[3]);
  const weight = readDistance(line.words[4]);
  const isSound = line.words.length === 5 && weight !== undefined && from !== to;
  if (from === undefined || to === undefined || length === undefined || !isSound) {
    findings.add(line, `E needs two different ids below ${names.length}, length and weight`);
  } else if (links.length < LINKS_MAX) links.push({ from, to, length });
}

function readLine(line: Line, draft: Draft): void {
  const [kind] = line.words;
  if (kind === 'N') return readSize(line, draft);
  if (draft.size === undefined) return draft.findings.add(line, 'the N line must come first');
  if (kind === 'V') return readNode(line, draft);
  if (kind === 'E') return readLink(line, draft);
  draft.findings.add(line, `a line must begin with N, V or E, not ${excerptOf(kind)}`);
}

/** Compares what the N line announces with what the file has. */
function checkSize({ findings, size, names, links }: Draft): void {
  if (size === undefined) return findings.add(undefined, 'the file has no N line');
  const missing = names.filter((name) => name === undefined).length;
  if (missing > 0) findings.add(undefined, `${missing} of ${size.nodes} nodes have no V line`);
  if (findings.empty && links.length !== size.links) {
    const text = `the N line announces ${size.links} links, but the file has ${links.length}`;
    findings.add(undefined, text);
  }
}

/** The graph in a text, or its problems with their lines. */
export function readGtitm(text: string): Result<NamedGraph> {
  const findings = createLineFindings();
  const draft: Draft = { findings, links: [], names: [], size: undefined };
  for (const line of linesOf(text)) {
    readLine(line, draft);
    // Without a size nothing else can be judged.
    if (draft.size === undefined && !findings.empty) return findings.refuse();
  }
  checkSize(draft);
  if (!findings.empty) return findings.refuse();
  const graph = createGraph(draft.names.length, draft.links);
  if (!isConnected(graph)) findings.add(undefined, 'the graph is not connected');
  return findings.empty ? good({ graph, names: draft.names as string[] }) : findings.refuse();
}
