/**
 * Drills of `npm run bench -- drills` in small, for the gate: five clusters, two of which are fed by a
 * third. They are a process of their own, whose network is none that a test process may speak to.
 */
import { beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../../scripts/bench/drills/drill.js';
import { start } from './stage.js';

type Named = Finding & { readonly drill: string };

/** How long things took is the benchmark's to say: the gate's machine may be busy. */
const HELD = /^(yes|late)$/;

async function play(names: readonly string[]): Promise<readonly Named[]> {
  const program = ['--import', 'tsx', 'scripts/bench/main.ts', 'drills', '--json'];
  const small = ['--clusters', '5', '--seed', '7', '--times', '1', '--seconds', '8'];
  const drills = start(process.execPath, [...program, ...small, '--only', names.join(',')]);
  const { code } = await drills.exited;
  if (code !== 0) throw new Error(drills.stderr());
  return (JSON.parse(drills.stdout()) as { rows: readonly Named[] }).rows;
}

/** A test for each drill; what it must show, by its name. */
export function testDrills(drills: Readonly<Record<string, string>>): void {
  let found: readonly Named[];
  beforeAll(async () => {
    found = await play(Object.keys(drills));
  }, 120_000);

  test.for(Object.entries(drills))('%s: %s', ([name], { skip }) => {
    const finding = found.find(({ drill }) => drill === name);
    skip(finding?.held === 'not tried', finding?.seen);
    expect(finding?.held, finding?.seen).toMatch(HELD);
  });
}
