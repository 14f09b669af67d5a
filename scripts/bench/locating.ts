/**
 * How much farther than the nearest cluster listeners are sent (§2.4), after each network was seen k
 * times: on the round trips that were measured between 490 nodes of PlanetLab, some of which are
 * clusters. Only round trips that connections show anyway are known (src/locating).
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createRng } from '../../src/lib/rng.js';
import { readRtts } from '../../src/simulator/topology/rtt-reader.js';
import type { RttMatrix } from '../../src/simulator/topology/topology.js';
import { type Benchmark, numberOf, type Row, round } from './benchmark.js';
import { intoNamespace, runWithin } from './drills/network.js';
import { drawClaims } from './locating/drawn-claims.js';
import { drawVisits, type VisitReport } from './locating/drawn-visits.js';
import { locateForReal } from './locating/real.js';
import { quantile } from './machine/quantile.js';

const PLANETLAB = 'test/fixtures/topologies/planetlab490.txt.gz';
/** The rows of the table: how often a network was seen before. */
const SEEN = [0, 1, 2, 3, 5, 8];

export const flags: Benchmark['flags'] = {
  clusters: { standard: '20', help: 'clusters, at random nodes' },
  draws: { standard: '5', help: 'of clusters and visits' },
  room: { standard: '4', help: 'places at each cluster, in units of its equal share' },
  seed: { standard: '1', help: 'of the draws' },
  claims: { standard: false, help: 'what lies gain about how near a cluster is' },
  real: { standard: false, help: 'real processes, on hosts with delays between them' },
};

export function readPlanetLab(): RttMatrix {
  const read = readRtts(gunzipSync(readFileSync(PLANETLAB)).toString());
  if (!read.ok) throw new Error(read.problems.join('; '));
  return read.value;
}

function rowOf(seen: number, reports: readonly VisitReport[]): Row {
  const excess = reports.flatMap(({ excessMs }) => excessMs[seen] ?? []);
  return {
    'seen before': seen,
    'excess p50, ms': round(quantile(excess, 0.5)),
    'excess p90, ms': round(quantile(excess, 0.9)),
    'excess p95, ms': round(quantile(excess, 0.95)),
    'fullest, % of its room': round(100 * Math.max(...reports.map(({ fullest }) => fullest)), 0),
    'a choice, ms': round(
      reports.reduce((sum, { choiceMs }) => sum + choiceMs, 0) / reports.length,
      2,
    ),
  };
}

async function runForReal(): Promise<Row[]> {
  const prefix = intoNamespace();
  if (prefix !== undefined) return runWithin(prefix);
  return locateForReal();
}

export async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  if (given.real === true) return runForReal();
  const matrix = readPlanetLab();
  if (given.claims === true) return drawClaims(matrix, createRng(numberOf(given, 'seed')));
  const visits = Math.max(...SEEN);
  const reports = Array.from({ length: numberOf(given, 'draws') }, (_, draw) =>
    drawVisits({
      ...{ matrix, visits, clusters: numberOf(given, 'clusters'), room: numberOf(given, 'room') },
      rng: createRng(numberOf(given, 'seed')).fork(`draw ${draw}`),
    }),
  );
  return SEEN.map((seen) => rowOf(seen, reports));
}
