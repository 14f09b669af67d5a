/** SCXs that die or hang (scripts/bench/drills/), in small: five clusters, two of which are fed by a third. */
import { expect, test } from 'vitest';
import { playDrill } from './drill.js';

const SMALL = ['--clusters', '5', '--seed', '7', '--times', '2'];

/** How long it took is the benchmark's to say: the gate's machine may be busy. */
const HELD = /^(yes|late)$/;

test('kill -9 of an SCX with children costs nobody elsewhere a frame', async ({ skip }) => {
  const { seen, held } = await playDrill('kill-scx', ...SMALL);
  skip(held === 'not tried', seen);
  expect(held, seen).toMatch(HELD);
});
