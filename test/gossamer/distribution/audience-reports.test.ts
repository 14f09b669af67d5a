import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { createAudienceReports } from '../../../src/gossamer/distribution/audience-reports.js';
import { createFlow } from '../../../src/gossamer/distribution/flow.js';
import { createDisturbances } from '../../../src/gossamer/distribution/health/disturbances.js';
import { createBench, memberOf, nodeId, sourceId } from '../support.js';

const SOURCE = sourceId(1);
const [CHILD, OTHER_CHILD] = [nodeId(1), nodeId(2)];
const [PARENT, NEW_PARENT] = [nodeId(8), nodeId(9)];

/** One source's flow on a channel; all nodes are neighbours. */
function createHall(channel = 1) {
  const bench = createBench();
  const neighbour = (id: NodeId) => memberOf(Number.parseInt(id, 16));
  const flow = createFlow({
    context: bench.context,
    source: SOURCE,
    channel,
    neighbour,
    disturbances: createDisturbances(),
  });
  const audience = createAudienceReports(bench.context, neighbour);
  const take = (parent: NodeId, now: number): void => {
    flow.wantParent(parent, now);
    flow.onSubscribed(parent, 0, now);
  };
  /** The reports up to that instant, with their receivers. */
  const reports = (now: number) => {
    bench.take();
    audience.maintain(flow, now);
    return bench
      .sentData()
      .flatMap(({ to, body }) => (body.kind === 'audience' ? [{ to, of: body.listeners }] : []));
  };
  return { flow, audience, take, reports };
}

describe('The audience', () => {
  test('sums our listeners and those that the children report', () => {
    const { flow, audience } = createHall();
    audience.onChild(flow, CHILD);
    audience.onChild(flow, OTHER_CHILD);
    audience.setOwn(3);
    audience.handle(CHILD, SOURCE, 10);
    audience.handle(OTHER_CHILD, SOURCE, 5);
    audience.handle(CHILD, SOURCE, 20);
    expect(audience.of(SOURCE)).toBe(28);
    audience.onChildGone(flow, CHILD);
    expect(audience.of(SOURCE)).toBe(8);
  });

  test('of one child is believed up to a million, so that a lie shows as one', () => {
    const { flow, audience } = createHall();
    audience.onChild(flow, CHILD);
    for (const [told, believed] of [
      [999_999, 999_999],
      [1_000_000, 1_000_000],
      [4e9, 1_000_000],
    ] as const) {
      audience.handle(CHILD, SOURCE, told);
      expect(audience.of(SOURCE)).toBe(believed);
    }
  });

  test('of a node that is no child does not count', () => {
    const { flow, audience } = createHall();
    audience.handle(CHILD, SOURCE, 1000);
    audience.onChild(flow, OTHER_CHILD);
    audience.handle(CHILD, SOURCE, 1000);
    expect(audience.of(SOURCE)).toBe(0);
  });

  test('of a child on another channel than the first does not count', () => {
    const { flow, audience, take, reports } = createHall(2);
    audience.onChild(flow, CHILD);
    audience.handle(CHILD, SOURCE, 1000);
    expect(audience.of(SOURCE)).toBe(0);
    take(PARENT, 0);
    expect(reports(0)).toEqual([]);
  });

  test('is reported to the parent on change, not more than once a second, and now and then', () => {
    const { audience, take, reports } = createHall();
    take(PARENT, 0);
    expect(reports(0)).toEqual([{ to: PARENT, of: 0 }]);
    audience.setOwn(1);
    expect(reports(500)).toEqual([]);
    expect(reports(1000)).toEqual([{ to: PARENT, of: 1 }]);
    expect(reports(10_999)).toEqual([]);
    expect(reports(11_000)).toEqual([{ to: PARENT, of: 1 }]);
  });

  test('is reported at once to a new parent', () => {
    const { flow, audience, take, reports } = createHall();
    take(PARENT, 0);
    audience.setOwn(4);
    reports(0);
    flow.onDataDown(PARENT, 0);
    take(NEW_PARENT, 20);
    expect(reports(40)).toEqual([{ to: NEW_PARENT, of: 4 }]);
  });
});
