import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tracingTo } from '../../../src/cli/recording/trace-file.js';
import { FAST } from '../../../src/gossamer/core/config.js';
import { createRng } from '../../../src/lib/rng.js';
import { runExperiment } from '../../../src/simulator/experiment/experiment.js';
import { drawTransitStub, TS1000N } from '../../../src/simulator/topology/transit-stub.js';
import { goodOf } from '../../simulator/fixtures.js';

const directory = mkdtempSync(join(tmpdir(), 'scattercast-trace-'));
afterAll(() => rmSync(directory, { recursive: true }));

const { graph } = goodOf(drawTransitStub(TS1000N, createRng(1), 5));

const play = (file: string | undefined) =>
  tracingTo(file, (observers) =>
    runExperiment({
      ...{ topology: { kind: 'graph', graph }, scxs: 5, sources: 1, config: FAST, seed: 1 },
      ...{ untilMs: 10_000, joinWithinMs: 5000, adusPerSecond: 5, observers },
    }),
  );

interface Line {
  readonly ms: number;
  readonly scx: number;
  readonly kind: string;
  readonly to?: string;
  readonly message?: { readonly kind: string };
}

test('A trace has every message of a run in its order, and the run is the same without', () => {
  const file = join(directory, 'run.jsonl');
  const report = play(file);
  expect(play(undefined)).toEqual(report);
  const text = readFileSync(file, 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  expect(lines.map(({ ms }) => ms)).toEqual(lines.map(({ ms }) => ms).sort((a, b) => a - b));
  const pings = lines.filter(({ message }) => message?.kind === 'ping');
  expect(pings).toHaveLength(report.traffic.ping?.messages ?? -1);
  expect(pings[0]).toMatchObject({ kind: 'send', to: expect.stringMatching(/^scx\d:1$/) });
  const subscriptions = lines.filter(({ kind }) => kind === 'sendData');
  expect(subscriptions[0]?.to).toMatch(/^scx\d:1$/);
  expect(new Set(lines.map(({ kind }) => kind))).toContain('deliver');
  // A map of its indexes would be ten times as long as the hexadecimal digits of bytes.
  expect(text).not.toContain('{"0":');
});

test('A trace that cannot be written is refused with the reason', () => {
  expect(() => play(join(directory, 'absent', 'run.jsonl'))).toThrow(
    /cannot write the trace .*absent/,
  );
});
