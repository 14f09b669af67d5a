import { describe, expect, test } from 'vitest';
import { FAST, PAPER } from '../../../src/gossamer/core/config.js';
import type { DataMessage, Message } from '../../../src/gossamer/core/message.js';
import {
  type ExperimentOptions,
  runExperiment,
} from '../../../src/simulator/experiment/experiment.js';
import { createControlTraffic } from '../../../src/simulator/metrics/control-traffic.js';
import { createWorld, type Observer } from '../../../src/simulator/world/world.js';
import { encodeDataMessage, encodeMessage } from '../../../src/wire/encoder.js';
import { gtitmFixture } from '../fixtures.js';

const { graph } = gtitmFixture('ts1000n-0');

const options: ExperimentOptions = {
  topology: { kind: 'graph', graph },
  seed: 1,
  scxs: 20,
  sources: 2,
  config: FAST,
  untilMs: 60_000,
  joinWithinMs: 5000,
  adusPerSecond: 0,
};

/** Played once for all tests that only read it. */
const fast = runExperiment(options);

describe('An experiment', () => {
  test('gives the same report from the same seed, trace hash included, and a different one from another', () => {
    const short = { ...options, scxs: 8, untilMs: 10_000 };
    const first = runExperiment(short);
    expect(runExperiment(short)).toEqual(first);
    const other = runExperiment({ ...short, seed: 2 });
    expect(other.traceHash).not.toBe(first.traceHash);
    expect(other.drawn.places).not.toEqual(first.drawn.places);
  });

  test('draws distinct nodes, distinct sources and joins in the first five seconds', () => {
    const { drawn } = fast;
    expect(new Set(drawn.places).size).toBe(20);
    expect(new Set(drawn.sources).size).toBe(2);
    expect(drawn.joinInstantsMs[0]).toBe(0);
    expect(Math.max(...drawn.joinInstantsMs)).toBeLessThan(5000);
    expect(new Set(drawn.joinInstantsMs).size).toBe(20);
  });

  test.each([
    ['fast', () => fast, 60_000],
    ['paper', () => runExperiment({ ...options, config: PAPER, untilMs: 240_000 }), 240_000],
  ] as const)('reaches every SCX from every source: %s', (_name, run, untilMs) => {
    const report = run();
    expect(report.samples).toHaveLength(untilMs / 5000);
    expect(report.samples.at(-1)?.unreached).toBe(0);
    expect(report.sources.map(({ scx }) => scx)).toEqual(report.drawn.sources);
    for (const source of report.sources) {
      expect(source.unreached).toEqual([]);
      expect(source.ratio).toBeGreaterThanOrEqual(1);
      expect(source.yardstick?.ratio).toBeLessThanOrEqual(source.ratio);
      expect(source.stress?.tree.worst).toBeLessThan(source.stress?.star.worst ?? 0);
      expect(source.ratio).toBe(report.samples.at(-1)?.ratios[report.sources.indexOf(source)]);
    }
    expect(report.discovery.all).toHaveLength(20);
    expect(report.discovery.all).not.toContain(null);
    expect(report.traffic.keepAlive?.messages).toBeGreaterThan(0);
  });

  test("ends by the paper's rule where that is wanted: 100 s without a change of the mesh", () => {
    const small = { ...options, scxs: 4, sources: 1, config: PAPER, untilMs: 400_000 };
    const ended = runExperiment({ ...small, endsWhenQuiet: true });
    const end = ended.samples.at(-1)?.atMs ?? 0;
    expect(end).toBeLessThan(small.untilMs);
    expect(end - (ended.stableSinceMs ?? 0)).toBeGreaterThanOrEqual(100_000);
    const whole = runExperiment(small);
    expect(whole.samples).toHaveLength(80);
    expect(whole.samples.slice(0, ended.samples.length)).toEqual(ended.samples);
  });

  test('counts that every SCX gets every ADU of every source since it joined', () => {
    const { reception } = runExperiment({
      ...options,
      ...{ scxs: 12, untilMs: 40_000, joinWithinMs: 2000, adusPerSecond: 5 },
    });
    expect(reception).toMatchObject({ missed: 0, incomplete: 0 });
    // Two sources, and for each of the 12 SCXs 33 s or more of 5 ADUs per second.
    expect(reception?.owed).toBeGreaterThan(2 * 12 * 5 * 32);
    expect(reception?.firstMs?.longest).toBeLessThan(10_000);
  });

  test('uses paths over the mesh only: of two SCXs one is the parent of the other', () => {
    const report = runExperiment({ ...options, scxs: 2, sources: 1, untilMs: 30_000 });
    expect(report.sources[0]).toMatchObject({ ratio: 1, overlayRatio: 1, unreached: [] });
    expect(report.edgeChangesPerScx).toBe(1);
  });
});

describe('Control traffic', () => {
  test('has the length that the wire gives it', () => {
    const traffic = createControlTraffic();
    let bytes = 0;
    const encoded = (message: Message): number => encodeMessage(message).length;
    const encodedData = (message: DataMessage): number => encodeDataMessage(message).length;
    const wire: Observer = {
      onEffect: (_scx, effect) => {
        if (effect.kind === 'send') bytes += encoded(effect.message);
        if (effect.kind === 'sendData') bytes += encodedData(effect.message.body);
      },
    };
    const observers = [traffic, wire];
    const world = createWorld({ seed: 1, config: FAST, delayMs: () => 10, observers });
    for (let scx = 0; scx < 8; scx++) world.announce(world.add());
    world.runUntil(20_000);
    expect(traffic.byKind.size).toBeGreaterThan(10);
    expect(traffic.total.bytes).toBe(bytes);
    const byScx = traffic.takeBytesByScx();
    expect(byScx.reduce((sum, each) => sum + each, 0)).toBe(bytes);
    expect(traffic.takeBytesByScx()).toEqual([]);
  });

  test('knows the worst second of each SCX', () => {
    const traffic = createControlTraffic();
    const message: Message = { kind: 'edgeReject' };
    const bytes = encodeMessage(message).length;
    const world = createWorld({ seed: 1, config: FAST, delayMs: () => 10 });
    const [first, second] = [world.add(), world.add()];
    const send = (scx: typeof first, now: number): void =>
      traffic.onEffect?.(scx, { kind: 'send', to: second.address, message }, now);
    for (const now of [100, 999, 1000, 1001, 1999.5, 2000]) send(first, now);
    send(second, 2000);
    expect(traffic.worstSeconds()).toEqual([3 * bytes, bytes]);
  });
});
