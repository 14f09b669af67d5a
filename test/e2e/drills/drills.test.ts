/**
 * Drills of `npm run bench -- drills` in small: five clusters, two of which are fed by a third.
 * They are played one after the other in one scene, which is a process of its own: each of its
 * clusters has a network namespace, into which a test process may not connect. Links are cut
 * where the machine has namespaces; elsewhere that drill is skipped. SCXs are killed and stopped
 * in soak.test.ts, and the source's in side-by-side.test.ts; links lose in udp-chain.test.ts, and in
 * the simulated sessions of test/simulator/faults. `bad-link` is played by the benchmark alone.
 */
import { beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../../scripts/bench/drills/drill.js';
import { start } from '../support/processes.js';

type Named = Finding & { readonly drill: string };

/** What each drill must show. */
const DRILLS: Readonly<Record<string, string>> = {
  cut: 'half a network that is cut off is live again on the same sockets, the other never stops',
};

/** How long things took is for the benchmark to say: the gate's machine may be busy. */
const HELD = /^(yes|late)$/;

async function play(names: readonly string[]): Promise<readonly Named[]> {
  const program = ['--import', 'tsx', 'scripts/bench/main.ts', 'drills', '--json'];
  const small = ['--clusters', '5', '--seed', '7', '--times', '1', '--seconds', '8'];
  const drills = start(process.execPath, [...program, ...small, '--only', names.join(',')]);
  const { code } = await drills.exited;
  if (code !== 0) throw new Error(drills.stderr());
  return (JSON.parse(drills.stdout()) as { rows: readonly Named[] }).rows;
}

let found: readonly Named[];
beforeAll(async () => {
  found = await play(Object.keys(DRILLS));
}, 300_000);

test.for(Object.entries(DRILLS))('%s: %s', ([name], { skip }) => {
  const finding = found.find(({ drill }) => drill === name);
  skip(finding?.held === 'not tried', finding?.seen);
  expect(finding?.held, finding?.seen).toMatch(HELD);
});
