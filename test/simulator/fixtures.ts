/** The topologies that the tests run on. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Result } from '../../src/lib/result.js';
import type { NamedGraph } from '../../src/simulator/topology/graph.js';
import { readGtitm } from '../../src/simulator/topology/gtitm-reader.js';

/** The text of a file in test/fixtures/topologies. */
export function fixtureText(name: string): string {
  const file = new URL(`../fixtures/topologies/${name}.txt.gz`, import.meta.url);
  return gunzipSync(readFileSync(file)).toString('utf8');
}

/** The value of a result that must be good. */
export function goodOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.value;
}

/** The problems of a result that must be bad. */
export function problemsOf(result: Result<unknown>): readonly string[] {
  if (result.ok) throw new Error('it is good');
  return result.problems;
}

export const gtitmFixture = (name: string): NamedGraph => goodOf(readGtitm(fixtureText(name)));
