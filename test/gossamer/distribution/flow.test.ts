import { describe, expect, test } from 'vitest';
import type { GossamerConfig } from '../../../src/gossamer/core/config.js';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { createFlow } from '../../../src/gossamer/distribution/flow.js';
import { createDisturbances } from '../../../src/gossamer/distribution/health/disturbances.js';
import type { Progress } from '../../../src/gossamer/distribution/stream/stream.js';
import { aduOf, createBench, memberOf, nodeId, sourceId } from '../support.js';

const [A, B] = [nodeId(1), nodeId(2)];

/** One source's flow; our neighbours are A (1) and B (2). A parent is silent after 1500 ms. */
function createUpstream(changes: Partial<GossamerConfig> = {}, channel = 1) {
  const bench = createBench({ stallMs: 1500, gapTimeoutMs: 2000, ...changes });
  const disturbances = createDisturbances();
  const neighbour = (id: NodeId) => [memberOf(1), memberOf(2)].find((member) => member.id === id);
  const flow = createFlow({
    context: bench.context,
    source: sourceId(1),
    channel,
    neighbour,
    disturbances,
  });
  const told = (): string[] =>
    bench.sentData().map(({ to, body }) => {
      const from = 'from' in body ? ` ${body.from}` : '';
      return `${body.kind} ${to === A ? 'A' : to === B ? 'B' : to}${from}`;
    });
  const feed = (from: typeof A, sequences: readonly number[], now = 0): number[] =>
    sequences.flatMap((sequence) => numbers(flow.accept(from, aduOf(sequence), now)));
  /** A is the parent and has delivered 0 to 9. */
  const settle = (): void => {
    flow.wantParent(A, 0);
    flow.onSubscribed(A, 0, 0);
    feed(A, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    bench.take();
  };
  return { bench, flow, disturbances, told, feed, settle };
}

const numbers = ({ delivered }: Progress): number[] => delivered.map((adu) => adu.sequence);

describe('A flow', () => {
  test('subscribes to its first parent from the recent ADUs', () => {
    const { flow, told, feed } = createUpstream();
    flow.wantParent(A, 0);
    expect(told()).toEqual(['subscribe A null']);
    expect(flow.parent()).toBeUndefined();
    flow.onSubscribed(A, 40, 1);
    expect(flow.parent()).toBe(A);
    expect(feed(A, [40, 41])).toEqual([40, 41]);
  });

  test('remembers no refusal by strangers, as their number has no bound', () => {
    const { flow, settle } = createUpstream();
    settle();
    for (let number = 100; number < 1100; number++) flow.onRefused(nodeId(number), 0);
    flow.onRefused(B, 0);
    expect([...flow.asked(0)]).toEqual([A]);
  });

  test('asks only a neighbour', () => {
    const { flow, told } = createUpstream();
    flow.wantParent(nodeId(7), 0);
    expect(told()).toEqual([]);
  });

  test('asks the next hop once, and still waits for it while there is no route', () => {
    const { flow, told, settle } = createUpstream();
    settle();
    flow.wantParent(B, 0);
    flow.wantParent(B, 1);
    flow.wantParent(undefined, 2);
    expect(told()).toEqual(['subscribe B 10']);
    const first = createUpstream();
    first.flow.wantParent(A, 0);
    first.flow.wantParent(undefined, 1);
    expect(first.told()).toEqual(['subscribe A null']);
  });

  test('on a channel that may be silent, reports no parents and waits for nothing', () => {
    const { bench, flow } = createUpstream({}, 2);
    flow.wantParent(A, 0);
    flow.onSubscribed(A, 0, 0);
    expect(flow.parent()).toBe(A);
    expect(bench.events()).toEqual([]);
    expect(flow.maintainAt(false)).toBe(Number.POSITIVE_INFINITY);
    expect(flow.maintainAt(true)).toBe(5000);
  });

  test('waits for a next parent that has answered, not for its silence', () => {
    const { flow, settle } = createUpstream();
    settle();
    flow.wantParent(B, 100);
    flow.onSubscribed(B, 10, 100);
    expect(flow.needsParent(5000)).toBe(false);
  });

  test('makes before it breaks: the old parent delivers until the new one does', () => {
    const { bench, flow, told, feed, settle } = createUpstream();
    settle();
    flow.wantParent(B, 0);
    expect(told()).toEqual(['subscribe B 10']);
    expect(feed(A, [10, 11])).toEqual([10, 11]);
    flow.onSubscribed(B, 10, 1);
    expect(flow.parent()).toBe(A);
    expect(feed(B, [10, 11])).toEqual([]);
    expect(flow.counters.duplicate).toBe(2);
    expect(flow.parent()).toBe(B);
    expect(bench.events()).toEqual([{ kind: 'parentChanged', source: sourceId(1), parent: B }]);
    expect(feed(B, [12])).toEqual([12]);
  });

  test('unsubscribes from the old parent when the new one has taken over', () => {
    const { flow, told, feed, settle } = createUpstream();
    settle();
    flow.wantParent(B, 0);
    flow.onSubscribed(B, 10, 1);
    told();
    feed(B, [10]);
    expect(told()).toEqual(['unsubscribe A']);
    expect(flow.passesReversePathCheck(A)).toBe(false);
  });

  test('lets the new parent fill the hole that the old one left', () => {
    const { flow, told, feed, settle } = createUpstream();
    settle();
    flow.onDataDown(A, 0);
    expect(flow.parent()).toBeUndefined();
    flow.wantParent(B, 100);
    expect(told()).toEqual(['subscribe B 10']);
    expect(numbers(flow.onSubscribed(B, 10, 110))).toEqual([]);
    expect(feed(B, [10, 11, 12])).toEqual([10, 11, 12]);
  });

  test('keeps a hole open while the old parent may fill it', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    flow.wantParent(B, 0);
    // B has nothing older than 13.
    expect(flow.onSubscribed(B, 13, 1)).toEqual({ missed: 0, delivered: [] });
    expect(feed(B, [13, 14])).toEqual([]);
    expect(flow.parent()).toBe(A);
    expect(feed(A, [10, 11, 12])).toEqual([10, 11, 12, 13, 14]);
    expect(flow.parent()).toBe(B);
  });

  test('gives up at once what its only parent does not have any more', () => {
    const { flow, disturbances, feed, settle } = createUpstream();
    settle();
    flow.onDataDown(A, 0);
    flow.wantParent(B, 0);
    expect(flow.onSubscribed(B, 15, 1).missed).toBe(0);
    expect(feed(B, [15])).toEqual([15]);
    expect(disturbances.lost).toEqual({ unkept: 5, givenUp: 0, behind: 0 });
  });

  test('gives up a hole that is not filled in time', () => {
    const { flow, disturbances, feed, settle } = createUpstream();
    settle();
    feed(A, [12, 13], 1000);
    expect(flow.maintain(2999)).toEqual({ missed: 0, delivered: [] });
    const progress = flow.maintain(3000);
    expect([progress.missed, ...numbers(progress)]).toEqual([2, 12, 13]);
    expect(disturbances.lost).toEqual({ unkept: 0, givenUp: 2, behind: 0 });
  });

  test('follows a parent that skips, and counts what it skipped', () => {
    const { flow, disturbances, feed, settle } = createUpstream();
    settle();
    expect(flow.onSubscribed(A, 40, 1000).missed).toBe(0);
    expect(feed(A, [40, 41], 1001)).toEqual([40, 41]);
    expect(disturbances.lost).toEqual({ unkept: 0, givenUp: 0, behind: 30 });
  });

  test('that changes to a better route has a failover with the cause `route`', () => {
    const { flow, disturbances, feed, settle } = createUpstream();
    settle();
    flow.wantParent(B, 10);
    flow.onSubscribed(B, 10, 11);
    feed(B, [10], 12);
    expect(disturbances.failovers).toMatchObject({ closed: 0, silent: 0, left: 0, route: 1 });
  });

  test('that finds its parent again over a new connection has no failover', () => {
    const { flow, disturbances, feed, settle } = createUpstream();
    settle();
    flow.onDataDown(A, 10);
    flow.wantParent(A, 20);
    flow.onSubscribed(A, 10, 30);
    feed(A, [10], 31);
    expect(disturbances.failovers).toMatchObject({ closed: 0, silent: 0, left: 0, route: 0 });
  });

  test('counts no disturbance on a channel that is often silent', () => {
    const { flow, disturbances } = createUpstream({}, 2);
    flow.wantParent(A, 0);
    flow.onSubscribed(A, 0, 0);
    flow.onSubscribed(A, 40, 10_000);
    expect(disturbances.lost).toEqual({ unkept: 0, givenUp: 0, behind: 0 });
  });

  test('drops what comes from anyone but its next hop', () => {
    const { flow, settle } = createUpstream();
    settle();
    expect(flow.passesReversePathCheck(A)).toBe(true);
    expect(flow.passesReversePathCheck(B)).toBe(false);
    flow.wantParent(B, 0);
    expect(flow.passesReversePathCheck(B)).toBe(true);
    flow.wantParent(A, 0);
    expect(flow.passesReversePathCheck(B)).toBe(false);
  });

  test('ignores a SUBSCRIBED of a node that it did not ask', () => {
    const { flow, settle } = createUpstream();
    settle();
    expect(flow.onSubscribed(B, 50, 0)).toEqual({ missed: 0, delivered: [] });
    expect(flow.stream.next()).toBe(10);
  });

  test('stays with its parent when the next parent refuses', () => {
    const { flow, settle } = createUpstream();
    settle();
    flow.wantParent(B, 0);
    flow.onRefused(B, 0);
    expect(flow.parent()).toBe(A);
    expect(flow.needsParent(1)).toBe(false);
    expect([...flow.asked(1)]).toEqual([A, B]);
  });

  test('tries a change that failed again, later with each failure', () => {
    const { flow, told, settle } = createUpstream({ witnessIntervalMs: 1e9 }, 2);
    settle();
    let now = 0;
    for (const waitMs of [100, 200, 400, 800, 1600, 3200, 5000, 5000]) {
      flow.wantParent(B, now);
      flow.onRefused(B, now);
      expect(flow.maintainAt(true)).toBe(now + waitMs);
      flow.wantParent(B, now + waitMs - 1);
      expect(flow.needsRetry(now + waitMs - 1)).toBe(false);
      expect(told()).toEqual(['subscribe B 10']);
      now += waitMs;
      expect(flow.needsRetry(now)).toBe(true);
    }
    expect(flow.needsRetry(now)).toBe(false);
    expect(flow.parent()).toBe(A);
  });

  test('tries a change that failed again soon after the next parent has delivered', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    for (const now of [0, 100, 300]) {
      flow.wantParent(B, now);
      flow.onRefused(B, now);
    }
    flow.wantParent(B, 700);
    flow.onSubscribed(B, 10, 700);
    feed(B, [10], 701);
    expect(flow.parent()).toBe(B);
    flow.onDataDown(B, 1000);
    expect([...flow.asked(1099)]).toEqual([B]);
    expect([...flow.asked(1100)]).toEqual([]);
  });

  test('is not held up by a next parent that answers and sends nothing while the parent delivers', () => {
    const { flow, told, feed, settle } = createUpstream();
    settle();
    flow.wantParent(B, 1000);
    flow.onSubscribed(B, 10, 1001);
    feed(A, [10], 2499);
    expect(flow.needsParent(2600)).toBe(false);
    feed(A, [11], 2700);
    expect(flow.maintainAt(true)).toBe(2500);
    told();
    expect(flow.needsParent(2700)).toBe(true);
    expect(told()).toEqual(['unsubscribe B']);
    expect([...flow.asked(2700)]).toEqual([A, B]);
    expect(flow.parent()).toBe(A);
  });

  test('is an orphan when its parent refuses, until a next parent that has answered takes over', () => {
    const { flow, settle } = createUpstream();
    settle();
    flow.onRefused(A, 0);
    expect(flow.parent()).toBeUndefined();
    expect(flow.needsParent(1)).toBe(true);
    flow.wantParent(B, 1);
    flow.onSubscribed(B, 10, 2);
    flow.wantParent(A, 3);
    expect(flow.maintainAt(true)).toBe(100);
    flow.wantParent(A, 100);
    flow.onSubscribed(A, 10, 101);
    flow.onRefused(B, 102);
    expect(flow.parent()).toBe(A);
  });

  test('changes to the next parent at once when the data connection to its parent closes', () => {
    const { flow, settle } = createUpstream();
    settle();
    flow.wantParent(B, 0);
    flow.onSubscribed(B, 10, 1);
    expect(flow.parent()).toBe(A);
    flow.onDataDown(A, 0);
    expect(flow.parent()).toBe(B);
  });

  test('gives up a next parent that does not answer', () => {
    const { flow, told } = createUpstream();
    flow.wantParent(A, 0);
    expect(flow.needsParent(1499)).toBe(false);
    told();
    expect(flow.needsParent(1500)).toBe(true);
    expect(told()).toEqual(['unsubscribe A']);
    expect([...flow.asked(1)]).toEqual([A]);
  });

  test('says when it must be looked after, and has nothing to do before', () => {
    const { flow, feed, settle } = createUpstream();
    expect(flow.maintainAt(true)).toBe(Number.NEGATIVE_INFINITY);
    expect(flow.maintainAt(false)).toBe(Number.POSITIVE_INFINITY);
    settle();
    feed(A, [10], 5000);
    expect(flow.maintainAt(true)).toBe(5000 + 400);
    feed(A, [12], 5200);
    // It has skipped one, so it is left.
    expect(flow.maintainAt(true)).toBe(Number.NEGATIVE_INFINITY);
    expect(flow.maintainAt(false)).toBe(5200 + 2000);
    expect(flow.maintain(7199).delivered).toEqual([]);
    expect(flow.maintain(7200).delivered).toHaveLength(1);
    expect(flow.maintainAt(false)).toBe(Number.POSITIVE_INFINITY);
  });

  test('leaves a parent that has long been silent', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    feed(A, [10], 5000);
    flow.askReserve(B, 6400);
    expect(flow.maintainAt(true)).toBe(6500);
    expect(flow.needsParent(6499)).toBe(false);
    expect(flow.needsParent(6500)).toBe(true);
    expect(flow.parent()).toBeUndefined();
  });

  test('has more patience with the next, so that a source that pauses causes no unrest', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    const patience: number[] = [];
    let asked = A;
    for (let now = 0, since = 0; patience.length < 5; now += 100) {
      if (!flow.needsParent(now)) continue;
      patience.push(now - since);
      asked = asked === A ? B : A;
      flow.wantParent(asked, now);
      since = now;
    }
    expect(patience).toEqual([1500, 3000, 6000, 6000, 6000]);
    feed(asked, [10], 100_000);
    expect(flow.needsParent(101_499)).toBe(false);
    expect(flow.needsParent(101_500)).toBe(true);
  });

  test('waits for a next parent that has nothing to send yet on a channel that is often silent', () => {
    const { flow, told } = createUpstream({}, 2);
    flow.wantParent(A, 0);
    expect(flow.needsParent(1e6)).toBe(false);
    expect(told()).toEqual(['subscribe A null']);
    flow.onSubscribed(A, 3, 1e6);
    expect(flow.parent()).toBe(A);
  });

  test('keeps a silent parent on a channel that is often silent', () => {
    const { flow } = createUpstream({}, 2);
    flow.wantParent(A, 0);
    flow.onSubscribed(A, 0, 0);
    expect(flow.needsParent(1e6)).toBe(false);
    expect(flow.parent()).toBe(A);
  });

  test('changes over on a silent channel, too, when the new parent has answered', () => {
    const { flow, told } = createUpstream({}, 2);
    flow.wantParent(A, 0);
    flow.onSubscribed(A, 0, 0);
    flow.wantParent(B, 1000);
    flow.onSubscribed(B, 0, 1001);
    flow.maintain(1400);
    expect(flow.parent()).toBe(A);
    told();
    flow.maintain(1501);
    expect(flow.parent()).toBe(B);
    expect(told()).toEqual(['unsubscribe A']);
  });

  test('asks others beside a parent that is silent for longer than its source usually is', () => {
    const { flow, told, feed, settle } = createUpstream();
    settle();
    feed(A, [10], 1000);
    expect(flow.maintainAt(true)).toBe(1400);
    expect(flow.needsReserve(1399)).toBe(false);
    expect(flow.needsReserve(1400)).toBe(true);
    flow.askReserve(B, 1400);
    expect(told()).toEqual(['subscribe B 11']);
    expect(flow.parent()).toBe(A);
    expect([...flow.asked(1)]).toEqual([A, B]);
    expect(flow.maintainAt(true)).toBe(1600);
    expect(flow.needsReserve(1599)).toBe(false);
    expect(flow.needsReserve(1600)).toBe(true);
  });

  test('makes the first reserve that delivers news its parent', () => {
    const { flow, told, feed, settle } = createUpstream();
    settle();
    flow.askReserve(B, 1000);
    flow.onSubscribed(B, 10, 1100);
    told();
    expect(feed(B, [10, 11], 1100)).toEqual([10, 11]);
    expect(flow.parent()).toBe(B);
    expect(told()).toEqual(['unsubscribe A']);
  });

  test('is not fooled by a reserve that sends back what it was given', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    flow.askReserve(B, 1000);
    flow.onSubscribed(B, 8, 1100);
    expect(feed(B, [8, 9], 1100)).toEqual([]);
    expect(flow.parent()).toBe(A);
  });

  test('cancels its reserves when the parent delivers again', () => {
    const { flow, told, feed, settle } = createUpstream();
    settle();
    flow.askReserve(B, 1000);
    told();
    expect(feed(A, [10], 1100)).toEqual([10]);
    expect(told()).toEqual(['unsubscribe B']);
    expect(flow.passesReversePathCheck(B)).toBe(false);
  });

  test('keeps its subscriptions when the routes change again before any upstream delivers', () => {
    const { flow, told, feed, settle } = createUpstream();
    settle();
    flow.onDataDown(A, 0);
    flow.wantParent(B, 100);
    flow.wantParent(A, 200);
    expect(told()).toEqual(['subscribe B 10', 'subscribe A 10']);
    flow.onSubscribed(B, 10, 300);
    expect(feed(B, [10])).toEqual([10]);
    expect(flow.parent()).toBe(B);
  });

  test('gives up what a reserve does not have either, once no other upstream may send it', () => {
    const { flow, feed, settle, disturbances } = createUpstream();
    settle();
    flow.askReserve(B, 1000);
    flow.onSubscribed(B, 50, 1100);
    expect(feed(B, [50, 51], 1100)).toEqual([50, 51]);
    expect(flow.parent()).toBe(B);
    expect(disturbances.lost.unkept).toBe(40);
  });

  test('asks no reserve on a channel that is often silent', () => {
    const { flow } = createUpstream({}, 2);
    flow.wantParent(A, 0);
    flow.onSubscribed(A, 0, 0);
    expect(flow.needsReserve(1e6)).toBe(false);
  });

  test('has no parent while the source is here', () => {
    const { flow, told, settle } = createUpstream();
    settle();
    flow.wantParent(B, 0);
    told();
    flow.becomeLocal();
    expect(told().toSorted()).toEqual(['unsubscribe A', 'unsubscribe B']);
    expect(flow.parent()).toBeUndefined();
    expect(numbers(flow.publish(aduOf(10), 0))).toEqual([10]);
  });
});

describe('A flow among liars', () => {
  test('begins with the first ADU, whatever number its parent has told', () => {
    const { flow, feed } = createUpstream();
    flow.wantParent(A, 0);
    flow.onSubscribed(A, 2 ** 50, 0);
    expect(feed(A, [10, 11])).toEqual([10, 11]);
  });

  test('loses nothing by a number that is only told', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    expect(flow.onSubscribed(A, 2 ** 50, 0).missed).toBe(0);
    expect(feed(A, [10, 11])).toEqual([10, 11]);
  });

  test('leaves a parent that skips an ADU on a reliable channel, and says so', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    expect(feed(A, [10, 12])).toEqual([10]);
    expect(flow.parent()).toBeUndefined();
    expect(flow.takeBroken()).toEqual([A]);
    expect(flow.takeBroken()).toEqual([]);
  });

  test('stays with a parent whose datagrams are lost', () => {
    const { flow, feed, settle } = createUpstream({ lossyChannels: [1] });
    settle();
    feed(A, [10, 12]);
    expect(flow.parent()).toBe(A);
    expect(flow.takeBroken()).toEqual([]);
  });

  test('does not change to a next parent that is seconds late', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    flow.wantParent(B, 0);
    flow.onSubscribed(B, 10, 1);
    const onTime = Array.from({ length: 60 }, (_, index) => 10 + index);
    feed(A, onTime);
    feed(B, onTime.slice(0, 10));
    expect(flow.parent()).toBe(A);
    feed(B, onTime.slice(10));
    expect(flow.parent()).toBe(B);
  });

  test('asks for more while its parent sends only what it has', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    feed(A, [10, 11], 1000);
    feed(A, [10, 11], 1300);
    expect(flow.needsReserve(1400)).toBe(true);
  });

  test('says who was silent while a reserve delivered', () => {
    const { flow, feed, settle } = createUpstream();
    settle();
    feed(A, [10], 1000);
    flow.askReserve(B, 1400);
    flow.onSubscribed(B, 11, 1410);
    expect(feed(B, [11], 1420)).toEqual([11]);
    expect(flow.parent()).toBe(B);
    expect(flow.takeBroken()).toEqual([A]);
  });

  test('on a quiet channel hears a witness, and leaves the parent that withholds for 3 s', () => {
    const { flow, feed, settle } = createUpstream({}, 2);
    settle();
    expect(flow.needsWitness(4999)).toBe(false);
    expect(flow.needsWitness(5000)).toBe(true);
    flow.askWitness(B, 5000);
    flow.onSubscribed(B, 10, 5010);
    expect(feed(B, [10], 6000)).toEqual([10]);
    expect(flow.parent()).toBe(A);
    flow.maintain(8999);
    expect(flow.takeBroken()).toEqual([]);
    expect(flow.maintainAt(false)).toBe(9000);
    flow.maintain(9000);
    expect(flow.takeBroken()).toEqual([A]);
    expect(flow.parent()).toBeUndefined();
  });

  test('on a quiet channel keeps a parent that is only slower than the witness', () => {
    const { flow, feed, settle } = createUpstream({}, 2);
    settle();
    flow.askWitness(B, 5000);
    flow.onSubscribed(B, 10, 5010);
    feed(B, [10], 6000);
    feed(A, [10], 6100);
    flow.maintain(60_000);
    expect(flow.takeBroken()).toEqual([]);
    expect(flow.parent()).toBe(A);
  });
});
