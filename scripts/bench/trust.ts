/** What trust costs: the signatures of sources (trust/lots.ts). */
import { type Benchmark, numberOf } from './benchmark.js';
import { measureLots } from './trust/lots.js';

export const flags: Benchmark['flags'] = {
  lots: { standard: '5000', help: 'lots that are signed and verified' },
};

export const run: Benchmark['run'] = async (given) => measureLots(numberOf(given, 'lots'));
