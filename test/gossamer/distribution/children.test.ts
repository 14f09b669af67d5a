import { describe, expect, test } from 'vitest';
import type { GossamerConfig } from '../../../src/gossamer/core/config.js';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { createAudienceReports } from '../../../src/gossamer/distribution/audience-reports.js';
import { createChildren } from '../../../src/gossamer/distribution/children.js';
import { createFlow, type Flow } from '../../../src/gossamer/distribution/flow.js';
import { createDisturbances } from '../../../src/gossamer/distribution/health/disturbances.js';
import { aduOf, createBench, memberOf, nodeId, sourceId } from '../support.js';

/** A local source of ours; 1 and 2 are neighbours, until they are removed from the set. */
function createParent(changes: Partial<GossamerConfig> = {}, channel = 1) {
  const bench = createBench({ recentMs: 260, cacheMs: 520, ...changes });
  const neighbours = new Set<NodeId>([nodeId(1), nodeId(2), nodeId(8)]);
  const neighbour = (id: NodeId) =>
    neighbours.has(id) ? memberOf(Number.parseInt(id, 16)) : undefined;
  const flow = createFlow({
    context: bench.context,
    source: sourceId(1),
    channel,
    neighbour,
    disturbances: createDisturbances(),
  });
  const flows = new Map<string, Flow>([[`${sourceId(1)}/${channel}`, flow]]);
  const audience = createAudienceReports(bench.context, neighbour);
  const children = createChildren({ context: bench.context, flows, audience, neighbour });
  const publish = (first: number, last: number): void => {
    for (let sequence = first; sequence <= last; sequence++) {
      flow.publish(aduOf(sequence, { channel }), 0);
      children.serve(flow);
    }
  };
  const subscribe = (number: number, from: number | null, wanted: Flow | undefined = flow): void =>
    children.subscribe(wanted, memberOf(number), {
      kind: 'subscribe',
      source: sourceId(1),
      channel,
      from,
    });
  /** What went to a child: answers by name, ADUs by number. */
  const got = (number: number): (string | number)[] =>
    bench.take().flatMap((effect): (string | number)[] => {
      if (effect.kind === 'forward' && effect.to === nodeId(number)) return [effect.adu.sequence];
      if (effect.kind !== 'sendData' || effect.to.id !== nodeId(number)) return [];
      const { body } = effect.message;
      return [body.kind === 'subscribed' ? `from ${body.from}` : body.kind];
    });
  const unsubscribe = (number: number): void => children.unsubscribe(flow, nodeId(number));
  return { bench, neighbours, flow, audience, children, publish, subscribe, unsubscribe, got };
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('A child', () => {
  test('that does not read gets nothing again either', () => {
    const { children, flow, publish, subscribe, got } = createParent();
    publish(0, 9);
    subscribe(1, 4);
    got(1);
    children.onCongestion(nodeId(1), 1, true);
    children.repair(flow, nodeId(1), [{ from: 5, count: 2 }]);
    expect(got(1)).toEqual([]);
    children.onCongestion(nodeId(1), 1, false);
    children.repair(flow, nodeId(1), [{ from: 5, count: 2 }]);
    expect(got(1)).toEqual([5, 6]);
  });

  test('gets what it asks for, and then every ADU once', () => {
    const { publish, subscribe, got } = createParent();
    publish(0, 9);
    subscribe(1, 4);
    expect(got(1)).toEqual(['from 4', 4, 5, 6, 7, 8, 9]);
    publish(10, 11);
    expect(got(1)).toEqual([10, 11]);
  });

  test('that is new gets the recent ADUs at once', () => {
    const { publish, subscribe, got } = createParent();
    publish(0, 99);
    subscribe(1, null);
    // recentMs is ten ADUs.
    expect(got(1)).toEqual(['from 89', ...range(89, 99)]);
  });

  test('that asks before there is anything is answered with the first ADU', () => {
    const { publish, subscribe, got } = createParent();
    subscribe(1, null);
    expect(got(1)).toEqual([]);
    publish(7, 8);
    expect(got(1)).toEqual(['from 7', 7, 8]);
  });

  test('that asks for the future waits for it', () => {
    const { publish, subscribe, got } = createParent();
    publish(0, 9);
    subscribe(1, 12);
    expect(got(1)).toEqual(['from 12']);
    publish(10, 12);
    expect(got(1)).toEqual([12]);
  });

  test('that asks for what is no longer kept is sent the first number that is', () => {
    const { publish, subscribe, got } = createParent();
    publish(0, 99);
    subscribe(1, 10);
    // cacheMs is twenty ADUs.
    expect(got(1)).toEqual(['from 79', ...range(79, 99)]);
  });

  test('is sent at most four seconds at once; the rest follows with the next pass', () => {
    const { children, flow, publish, subscribe, got } = createParent({ cacheMs: 20_000 });
    publish(0, 299);
    subscribe(1, 0);
    // 153 ADUs of 26 ms after the first one are 3978 ms.
    expect(got(1)).toEqual(['from 0', ...range(0, 153)]);
    children.serve(flow);
    expect(got(1)).toEqual(range(154, 299));
  });

  test('is told where it continues behind ADUs that nobody has', () => {
    const { flow, publish, subscribe, got } = createParent();
    publish(0, 4);
    flow.publish(aduOf(7), 0);
    flow.maintain(2000);
    subscribe(1, 3);
    expect(got(1)).toEqual(['from 3', 3, 4, 'from 7', 7]);
  });

  test('that is congested waits and costs its siblings nothing, then gets what it has missed', () => {
    const { children, publish, subscribe, got } = createParent();
    publish(0, 0);
    subscribe(1, 0);
    subscribe(2, 0);
    children.onCongestion(nodeId(1), 1, true);
    got(1);
    publish(1, 3);
    expect(got(2)).toEqual([1, 2, 3]);
    publish(4, 5);
    expect(got(1)).toEqual([]);
    children.onCongestion(nodeId(1), 1, false);
    expect(got(1)).toEqual([1, 2, 3, 4, 5]);
  });

  test('that was congested for too long skips to live', () => {
    const { children, publish, subscribe, got } = createParent();
    publish(0, 0);
    subscribe(1, 0);
    children.onCongestion(nodeId(1), 1, true);
    publish(1, 99);
    got(1);
    children.onCongestion(nodeId(1), 1, false);
    expect(got(1)).toEqual(['from 99', 99]);
  });

  test('skips when half of the cache is used up, and no sooner', () => {
    const { children, publish, subscribe, got } = createParent();
    publish(0, 0);
    subscribe(1, 0);
    children.onCongestion(nodeId(1), 1, true);
    publish(1, 11);
    got(1);
    children.onCongestion(nodeId(1), 1, false);
    // cacheMs is twenty ADUs, so that ten may wait.
    expect(got(1)).toEqual(range(1, 11));
    children.onCongestion(nodeId(1), 1, true);
    publish(12, 23);
    children.onCongestion(nodeId(1), 1, false);
    expect(got(1)).toEqual(['from 23', 23]);
  });

  test('that comes with a hole has all of it, although its link is full in between', () => {
    const { children, publish, subscribe, got } = createParent();
    publish(0, 99);
    children.onCongestion(nodeId(1), 1, true);
    subscribe(1, 80);
    children.onCongestion(nodeId(1), 1, false);
    expect(got(1)).toEqual(['from 80', ...range(80, 99)]);
  });

  test('is served again after its congested connection has closed', () => {
    const { children, publish, subscribe, got } = createParent();
    publish(0, 0);
    subscribe(1, 0);
    children.onCongestion(nodeId(1), 1, true);
    children.onDataDown(nodeId(1), 1);
    expect(children.size()).toBe(0);
    got(1);
    subscribe(1, 0);
    expect(got(1)).toEqual(['from 0', 0]);
  });

  test('is refused when it is no neighbour, the source is unknown, or we are leaving', () => {
    const { children, flow, publish, subscribe, got } = createParent();
    publish(0, 9);
    subscribe(3, 0);
    expect(got(3)).toEqual(['refused']);
    subscribe(1, 0, undefined);
    expect(children.size()).toBe(1);
    got(1);
    const stranger = createParent();
    stranger.children.subscribe(undefined, memberOf(1), {
      kind: 'subscribe',
      source: sourceId(7),
      channel: 1,
      from: null,
    });
    expect(stranger.got(1)).toEqual(['refused']);
    children.refuseNewcomers();
    subscribe(2, 0);
    expect(got(2)).toEqual(['refused']);
    expect(children.of(flow)).toEqual([nodeId(1)]);
  });

  test('gets nothing more when it unsubscribes', () => {
    const { publish, subscribe, unsubscribe, got } = createParent();
    publish(0, 0);
    subscribe(1, 0);
    unsubscribe(1);
    got(1);
    publish(1, 5);
    expect(got(1)).toEqual([]);
  });

  test('that lost its edge is served for a while, and then told that it is not', () => {
    const { flow, children, neighbours, publish, subscribe, got } = createParent();
    publish(0, 0);
    subscribe(1, 0);
    neighbours.delete(nodeId(1));
    children.maintain(flow, 1000);
    expect(children.maintainAt(flow)).toBe(6000);
    children.maintain(flow, 5999);
    got(1);
    publish(1, 2);
    expect(got(1)).toEqual([1, 2]);
    children.maintain(flow, 6000);
    expect(got(1)).toEqual(['refused']);
    expect(children.size()).toBe(0);
  });

  test('that got its edge back stays', () => {
    const { flow, children, neighbours, publish, subscribe } = createParent();
    publish(0, 0);
    subscribe(1, 0);
    neighbours.delete(nodeId(1));
    children.maintain(flow, 0);
    neighbours.add(nodeId(1));
    children.maintain(flow, 4000);
    neighbours.delete(nodeId(1));
    children.maintain(flow, 8000);
    expect(children.size()).toBe(1);
  });

  test('is refused when the source is forgotten', () => {
    const { flow, children, publish, subscribe, got } = createParent();
    publish(0, 0);
    subscribe(1, 0);
    got(1);
    children.forget(flow);
    expect(got(1)).toEqual(['refused']);
    expect(children.size()).toBe(0);
  });

  test('counts in the audience with its listeners until it unsubscribes', () => {
    const { audience, publish, subscribe, unsubscribe } = createParent();
    publish(0, 0);
    subscribe(1, 0);
    audience.handle(nodeId(1), sourceId(1), 10);
    subscribe(1, 0);
    expect(audience.of(sourceId(1))).toBe(10);
    unsubscribe(1);
    expect(audience.of(sourceId(1))).toBe(0);
  });
});
