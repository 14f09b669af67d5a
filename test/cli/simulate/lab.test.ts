/**
 * The commands of docs/lab.md run, on sessions of a few SCXs so that they take a second; its change of
 * the source fits the source. Uses the build.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { flags } from '../../../scripts/bench/limit.js';
import { FAST } from '../../../src/gossamer/core/config.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const TEXT = readFileSync(join(ROOT, 'docs/lab.md'), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'scattercast-lab-'));
afterAll(() => rmSync(directory, { recursive: true }));

const blocks = [...TEXT.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
const lines = blocks.flatMap((block) => block.trimEnd().split('\n'));
const SIMULATE = 'npx tsx src/cli/main.ts simulate';

/** Runs lines of a shell in the directory of the test; returns the output. */
async function shell(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { cwd: directory });
  return stdout;
}

/** The same command for a session of six SCXs, from the build. */
const shrunk = (line: string): string =>
  line
    .replaceAll(SIMULATE, `${process.execPath} ${join(ROOT, 'dist/cli/main.js')} simulate`)
    .replace(/--scxs (\d+)/, (_, scxs) => `--scxs ${Math.min(6, Number(scxs))}`)
    .replace(/--until \d+/, '--until 65')
    .replace(/--runs \d+/, '--runs 1');

const simulations = lines.filter((line) => line.startsWith(SIMULATE));

describe('docs/lab.md', () => {
  test('has commands whose options the simulator knows', async () => {
    // Those that differ in numbers only run once, and the other two exercises run below.
    const outside = simulations.filter((line) => !/--trace|--topology/.test(line));
    const kinds = new Map(outside.map((line) => [line.replace(/ --(degree|adus) \S+/g, ''), line]));
    expect(kinds.size).toBeGreaterThan(1);
    const outputs = await Promise.all([...kinds.values()].map((line) => shell(shrunk(line))));
    for (const output of outputs) expect(output).toMatch(/cost ratio|sum of path lengths/);
  }, 120_000);

  test('counts the events of a trace (exercise 3)', async () => {
    const [simulate, count] = blocks.filter((block) => block.includes('run.jsonl'));
    await shell(shrunk(simulate ?? ''));
    expect(statSync(join(directory, 'run.jsonl')).size).toBeGreaterThan(10_000);
    expect(await shell(count ?? '')).toContain('memberFailed');
  }, 120_000);

  test('has a network where relays beat the star (exercise 5)', async () => {
    const block = blocks.find((each) => each.includes('mine.txt')) ?? '';
    expect(await shell(shrunk(block))).toMatch(/^ *cost ratio at the end +0\.500$/m);
  }, 120_000);

  test('changes a line of the cost function that is there (exercise 1)', () => {
    const [, before = ''] = TEXT.match(/```ts before\n([\s\S]*?)```/) ?? [];
    const source = readFileSync(join(ROOT, 'src/gossamer/mesh/cost-function.ts'), 'utf8');
    expect(before).not.toBe('');
    expect(source.split(before)).toHaveLength(2);
  });

  test('sets constants that there are (exercise 2)', () => {
    const benches = lines.filter((line) => line.startsWith('npm run bench -- limit'));
    expect(benches).not.toEqual([]);
    for (const line of benches) {
      for (const [, name = ''] of line.matchAll(/ --([a-z]+)/g)) expect(flags).toHaveProperty(name);
      for (const [, name = ''] of line.matchAll(/[ ,]([a-zA-Z]+)=/g))
        expect(FAST).toHaveProperty(name);
    }
  });
});
