/** A flow and its children on a channel whose ADUs may be lost; the rule: repairs.test.ts. */
import { describe, expect, test } from 'vitest';
import type { DataMessage } from '../../../src/gossamer/core/message.js';
import { createAudienceReports } from '../../../src/gossamer/distribution/audience-reports.js';
import { createChildren } from '../../../src/gossamer/distribution/children.js';
import { createFlow, type Flow } from '../../../src/gossamer/distribution/flow.js';
import { createDisturbances } from '../../../src/gossamer/distribution/health/disturbances.js';
import { aduOf, createBench, memberOf, nodeId, sourceId } from '../support.js';

const FLOW = { source: sourceId(1), channel: 1 };
const PARENT = nodeId(1);

/** Member 1 is the parent, and has sent ADUs 0 to 4; member 2 is our child. */
function createPlace() {
  const bench = createBench({ lossyChannels: [1], repairTimeoutMs: 1500, cacheMs: 520 });
  const neighbour = (id: string) => [memberOf(1), memberOf(2)].find((member) => member.id === id);
  const disturbances = createDisturbances();
  const { source, channel } = FLOW;
  const flow = createFlow({
    context: bench.context,
    source,
    channel,
    neighbour,
    disturbances,
  });
  const flows = new Map<string, Flow>([[`${FLOW.source}/1`, flow]]);
  const audience = createAudienceReports(bench.context, neighbour);
  const children = createChildren({ context: bench.context, flows, audience, neighbour });
  const take = (sequences: readonly number[], now = 0): number[] =>
    sequences.flatMap((sequence) => {
      const { delivered } = flow.accept(PARENT, aduOf(sequence), now);
      children.serve(flow);
      return delivered.map((adu) => adu.sequence);
    });
  const told = (to: string): (DataMessage | number)[] =>
    bench.take().flatMap((effect): (DataMessage | number)[] => {
      if (effect.kind === 'forward') return effect.to === to ? [effect.adu.sequence] : [];
      if (effect.kind !== 'sendData' || effect.to.id !== to) return [];
      return [effect.message.body];
    });
  flow.wantParent(PARENT, 0);
  flow.onSubscribed(PARENT, 0, 0);
  children.subscribe(flow, memberOf(2), { kind: 'subscribe', ...FLOW, from: 0 });
  take([0, 1, 2, 3, 4]);
  bench.take();
  return { flow, children, take, told, disturbances };
}

describe('A lossy channel', () => {
  test('asks the parent for what is missing, and delivers in order when it comes', () => {
    const { flow, take, told, disturbances } = createPlace();
    expect(take([6, 9], 100)).toEqual([]);
    flow.askRepairs(flow.repairsAt() - 1);
    expect(told(PARENT)).toEqual([]);
    flow.askRepairs(116);
    const ranges = [
      { from: 5, count: 1 },
      { from: 7, count: 2 },
    ];
    expect(told(PARENT)).toEqual([{ kind: 'nack', ...FLOW, ranges }]);
    expect(take([7, 5, 8], 150)).toEqual([5, 6, 7, 8, 9]);
    expect(flow.counters.missed).toBe(0);
    expect(disturbances.repaired.retransmission).toBe(3);
    expect(flow.repairsAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('gives up what does not come in time, and not before', () => {
    const { flow, take } = createPlace();
    take([6, 7], 100);
    expect(flow.maintainAt(true)).toBeLessThanOrEqual(1600);
    expect(flow.maintain(1599)).toEqual({ missed: 0, delivered: [] });
    const { missed, delivered } = flow.maintain(1600);
    expect(missed).toBe(1);
    expect(delivered.map((adu) => adu.sequence)).toEqual([6, 7]);
  });

  test('gives up only the part of a hole whose time is up', () => {
    const { flow, take } = createPlace();
    flow.onHead(PARENT, 7, 100);
    take([9], 1000);
    expect(flow.maintain(1600)).toEqual({ missed: 2, delivered: [] });
    expect(take([7, 8], 1700)).toEqual([7, 8, 9]);
  });

  test('gives up at once what the parent will never have, but nothing else', () => {
    const { flow, take } = createPlace();
    take([8], 100);
    expect(flow.onLost(PARENT, { from: 6, count: 2 }, 110).missed).toBe(0);
    take([5], 120);
    const { missed, delivered } = flow.maintain(120);
    expect(missed).toBe(2);
    expect(delivered.map((adu) => adu.sequence)).toEqual([8]);
  });

  test('sends a child what it asks for again, and nothing that is still missing here', () => {
    const { children, flow, take, told } = createPlace();
    take([6]);
    told(nodeId(2));
    children.repair(flow, nodeId(2), [
      { from: 1, count: 2 },
      { from: 4, count: 3 },
    ]);
    expect(told(nodeId(2))).toEqual([1, 2, 4]);
    take([5]);
    expect(told(nodeId(2))).toEqual([5, 6]);
  });

  test('repairs nothing for a stranger, and nothing that a child was not sent', () => {
    const { children, flow, take, told } = createPlace();
    children.repair(flow, nodeId(1), [{ from: 0, count: 5 }]);
    expect(told(nodeId(1))).toEqual([]);
    take([5]);
    told(nodeId(2));
    children.repair(flow, nodeId(2), Array(32).fill({ from: 0, count: 65_536 }));
    expect(told(nodeId(2))).toHaveLength(192);
    // Not more than 256, however many are asked for.
    children.repair(flow, nodeId(2), Array(100).fill({ from: 0, count: 6 }));
    expect(told(nodeId(2))).toHaveLength(256);
  });

  test('sends a child at once what is lost for good', () => {
    const { children, flow, take, told } = createPlace();
    take([6, 7], 100);
    flow.maintain(1600);
    children.serve(flow);
    const lost = { kind: 'lost', ...FLOW, range: { from: 5, count: 1 } };
    expect(told(nodeId(2))).toEqual([lost, 6, 7]);
    children.repair(flow, nodeId(2), [{ from: 5, count: 1 }]);
    expect(told(nodeId(2))).toEqual([lost]);
  });

  test('sends a child that is sent nothing more the end of the stream, once', () => {
    const { children, flow, told } = createPlace();
    const heads = (now: number): unknown[] => {
      children.maintain(flow, now);
      return told(nodeId(2)).filter((body) => typeof body === 'object' && body.kind === 'head');
    };
    expect([...heads(0), ...heads(149)]).toEqual([]);
    expect(heads(150)).toEqual([{ kind: 'head', ...FLOW, next: 5 }]);
    expect(heads(1000)).toEqual([]);
    expect(children.maintainAt(flow)).toBeGreaterThan(1000);
  });
});
