/**
 * What trust costs: the signatures of sources, and what SCXs prove to each other. Rows stand beside
 * what was measured in the same run without it, because a shared machine is noisy: quote ratios.
 */
import { type Benchmark, type Flags, numberOf, type Row, wordsOf } from './benchmark.js';
import { measureFlood } from './trust/flood.js';
import { measureForwarding } from './trust/forwarding.js';
import { measureLots } from './trust/lots.js';
import { measureSealing } from './trust/sealing.js';
import { measureWitness } from './trust/witness.js';

const PARTS: Readonly<Record<string, (flags: Flags) => Promise<Row[]> | Row[]>> = {
  lots: (given) => measureLots(numberOf(given, 'lots')),
  forwarding: measureForwarding,
  flood: measureFlood,
  sealing: measureSealing,
  witness: measureWitness,
};

export const flags: Benchmark['flags'] = {
  only: { standard: Object.keys(PARTS).join(), help: 'parts, separated by commas' },
  lots: { standard: '5000', help: 'lots that are signed, verified and forwarded' },
  seconds: { standard: '10', help: 'length of each flood' },
};

export const run: Benchmark['run'] = async (given) => {
  const rows: Row[] = [];
  for (const part of wordsOf(given, 'only')) rows.push(...((await PARTS[part]?.(given)) ?? []));
  return rows;
};
