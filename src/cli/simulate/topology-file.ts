/**
 * The topology that `simulate --topology SPEC` names: the transit-stub generator, or a file in one
 * of two formats, gzipped or not. A file is read once for all runs; the generator draws a graph for
 * each seed.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Result } from '../../lib/result.js';
import { createRng } from '../../lib/rng.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { readGtitm } from '../../simulator/topology/gtitm-reader.js';
import { readRtts } from '../../simulator/topology/rtt-reader.js';
import { sizeOf, type Topology } from '../../simulator/topology/topology.js';
import { drawTransitStub, type TransitStubOptions } from '../../simulator/topology/transit-stub.js';

/** The largest file, unpacked: a matrix of 5000 nodes. */
const BYTES_MAX = 128 * 1024 * 1024;

/** The first two bytes of a gzipped file. */
const GZIP = Buffer.of(0x1f, 0x8b);

/**
 * The topology of a run with a seed; always the same one if it comes from a file. It has at least
 * `scxs` nodes: a drawn one grows with them, and a file with fewer nodes is a UserError.
 */
export type TopologySource = (seed: number, scxs?: number) => Topology;

/** Opens a topology. Throws a UserError for an unknown SPEC, and for a file that cannot be read. */
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
  return (_seed, scxs = 0) => withRoomFor(scxs, topology);
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
    throw new UserError(
      EXIT.file,
      `${path} is too large for a topology: at most ${BYTES_MAX} bytes`,
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    // An incomplete or too large archive has a code as well.
    const why = code === 'ENOENT' ? 'there is no such file' : code;
    throw new UserError(EXIT.file, `cannot read the topology ${path}: ${why}`);
  }
}

/** The topology, if it has enough nodes for the SCXs. */
function withRoomFor(scxs: number, topology: Topology): Topology {
  const size = sizeOf(topology);
  if (size >= scxs) return topology;
  throw new UserError(
    EXIT.usage,
    `--scxs ${scxs} is too many: the topology has only ${size} nodes`,
  );
}
