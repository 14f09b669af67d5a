/**
 * A session on a real Swarm of one machine, with a real Docker engine: a drill of `npm run bench -- drills
 * --platform swarm` in small. It is a process of its own, the first of its namespaces, so when it ends
 * the kernel ends the engine and all containers.
 */
import { afterAll, expect, test } from 'vitest';
import type { Finding } from '../../../scripts/bench/drills/drill.js';
import { has } from '../support/players.js';
import { type Running, start } from '../support/processes.js';

const NEEDS = ['dockerd', 'docker', 'ip', 'nsenter', 'unshare'];
const isPossible = process.getuid?.() === 0 && NEEDS.every(has);
const running: Running[] = [];

afterAll(async () => {
  for (const { child } of running) child.kill('SIGTERM');
  await Promise.all(running.map(({ exited }) => exited));
});

const DRILL = ['--only', 'kill-task', '--machines', '1', '--times', '1', '--json'];

test.skipIf(!isPossible)(
  'Listeners at a Swarm hear every frame, and again after the task of the SCX is killed',
  async () => {
    const program = ['--import', 'tsx', 'scripts/bench/main.ts', 'drills', '--platform', 'swarm'];
    const drill = start(process.execPath, [...program, ...DRILL]);
    running.push(drill);
    const { code } = await drill.exited;
    if (code !== 0) throw new Error(drill.stderr());
    const { rows } = JSON.parse(drill.stdout()) as { readonly rows: readonly Finding[] };
    // How long it took is for the benchmark to say: the gate's machine may be busy.
    for (const { held, seen } of rows) expect(held, seen).toMatch(/^(yes|late)$/);
    expect(rows).toHaveLength(1);
  },
);
