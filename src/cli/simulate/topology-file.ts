/** What `simulate --topology SPEC` names: a generator, or a file in one of two formats. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Result } from '../../lib/result.js';
import { createRng } from '../../lib/rng.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { readGtitm } from '../../simulator/topology/gtitm-reader.js';
import { readRtts } from '../../simulator/topology/rtt-reader.js';
import { sizeOf, type Topology } from '../../simulator/topology/topology.js';
import { drawTransitStub, type TransitStubOptions } from '../../simulator/topology/transit-stub.js';

/** Of a file when unpacked: a matrix of 5000 nodes. */
const BYTES_MAX = 128 * 1024 * 1024;

/** The first two bytes of a gzipped file. */
const GZIP = Buffer.of(0x1f, 0x8b);

/**
 * The topology of a run by its seed; the same one each time when it comes from a file. It has
 * `scxs` nodes at least: one that is drawn grows with them, of a smaller file a UserError tells.
 */
export type TopologySource = (seed: number, scxs?: number) => Topology;

/** Throws a UserError for an unknown SPEC, and for a file that cannot be read. */
export function openTopology(spec: string, transitStub: TransitStubOptions): TopologySource {
  if (spec === 'transit-stub') {
    return (seed, scxs = 0) => {
      const drawn = drawTransitStub(transitStub, createRng(seed).fork('topology'), scxs);
      return { kind: 'graph', graph: take(drawn, EXIT.usage, spec).graph };
    };
  }
  const [, format, path] = /^(gtitm|rtt):(.+)$/.exec(spec) ?? [];
  if (path === undefined) {
    const text = `--topology must be transit-stub, gtitm:FILE or rtt:FILE, got ${spec}`;
    throw new UserError(EXIT.usage, text);
  }
  const topology = format === 'rtt' ? readMatrix(path) : readGraph(path);
  return (_seed, scxs = 0) => placeFor(scxs, topology);
}

const readGraph = (path: string): Topology => {
  const { graph } = take(readGtitm(readText(path)), EXIT.file, path);
  return { kind: 'graph', graph };
};

const readMatrix = (path: string): Topology => {
  const matrix = take(readRtts(readText(path)), EXIT.file, path);
  return { kind: 'matrix', matrix };
};

function take<Value>(result: Result<Value>, exit: UserError['exitCode'], where: string): Value {
  if (result.ok) return result.value;
  throw new UserError(exit, result.problems.map((problem) => `${where}: ${problem}`).join('\n'));
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    const isGzipped = bytes.subarray(0, GZIP.length).equals(GZIP);
    const plain = isGzipped ? gunzipSync(bytes, { maxOutputLength: BYTES_MAX }) : bytes;
    if (plain.length <= BYTES_MAX) return plain.toString('utf8');
    throw new UserError(EXIT.file, `${path} is too large for a topology`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    // Also what is no whole archive, or is too large a one.
    const why = code === 'ENOENT' ? 'there is no such file' : code;
    throw new UserError(EXIT.file, `cannot read the topology ${path}: ${why}`);
  }
}

/** The topology, if it has room for so many SCXs. */
function placeFor(scxs: number, topology: Topology): Topology {
  const size = sizeOf(topology);
  if (size >= scxs) return topology;
  throw new UserError(EXIT.usage, `--scxs ${scxs}: the topology has ${size} nodes only`);
}
