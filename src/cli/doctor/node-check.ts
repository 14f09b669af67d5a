/** Whether this Node is new enough for the package, which says so in its package.json. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../../runtime/package-files.js';
import { type Finding, findings } from './finding.js';

const { good, problem } = findings('node');

const numbers = (version: string): readonly number[] =>
  (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);

/** Whether a version like `20.19.1` is at least another one. */
function isAtLeast(version: string, wanted: string): boolean {
  const [have, need] = [numbers(version), numbers(wanted)];
  const at = [0, 1, 2].find((index) => have[index] !== (need[index] ?? 0)) ?? 0;
  return (have[at] ?? 0) >= (need[at] ?? 0);
}

/** Compares a version of Node with what package.json asks for, like `>=20.19`. */
export function checkNode(version: string, wanted: string): Finding {
  if (isAtLeast(version, wanted)) return good(`Node.js ${version} runs this program.`);
  const least = numbers(wanted).join('.');
  return problem(
    `Node.js ${version} is too old: install ${least} or newer, from nodejs.org for example.`,
  );
}

/** What package.json asks for. */
export function wantedNode(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { readonly engines: { readonly node: string } }).engines.node;
}
