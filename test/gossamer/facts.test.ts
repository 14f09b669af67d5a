import { expect, test } from 'vitest';
import { composeRules } from '../../src/gossamer/compose-rules.js';
import { createAlarms } from '../../src/gossamer/core/alarms.js';
import {
  distributionFacts,
  heartbeatFacts,
  livenessFacts,
  meshFacts,
} from '../../src/gossamer/facts.js';
import { CLOCKED } from '../../src/gossamer/rules.js';
import { createBench, memberOf, nodeId, offerOf, requestOf } from './support.js';

test('The silence of a node that is no neighbour any more has no consequences', () => {
  const bench = createBench();
  const { config, rng } = bench.context;
  const options = { self: memberOf(5), config, rng, locations: [] };
  const rules = composeRules(options, createAlarms(CLOCKED), bench.context.emit);
  livenessFacts(() => rules).onSilent(nodeId(1), 0);
  expect(bench.take()).toEqual([]);
});

test('Another neighbour is looked for while no source is delivered only if lies are likely', () => {
  const bench = createBench({ remembersBroken: true });
  const { config, rng } = bench.context;
  const options = { self: memberOf(5), config, rng, locations: [] };
  const rules = composeRules(options, createAlarms(CLOCKED), bench.context.emit);
  rules.membership.learn(memberOf(9), 0);
  rules.optimizer.start(0);
  const { onUnserved } = distributionFacts(() => rules);
  onUnserved(nodeId(9), 0);
  expect(bench.sent()).toEqual([]);
  rules.routing.onBroken(nodeId(1), 1, 0);
  onUnserved(nodeId(9), 0);
  expect(bench.sent()).toMatchObject([{ message: { kind: 'edgeRequest' } }]);
});

test('A neighbour that is dead was no liar; one that only gives up the edge may be', () => {
  for (const [reason, isWary] of [
    ...(['closed', 'silent', 'failed', 'left'] as const).map((gone) => [gone, false] as const),
    ...(['replaced', 'evicted', 'dropped'] as const).map((kept) => [kept, true] as const),
  ]) {
    const bench = createBench({ remembersBroken: true });
    const { config, rng } = bench.context;
    const options = { self: memberOf(5), config, rng, locations: [] };
    const rules = composeRules(options, createAlarms(CLOCKED), bench.context.emit);
    for (const number of [1, 2]) rules.routing.onBroken(nodeId(number), 1, 0);
    const edge = { member: memberOf(1), ours: true, sinceMs: 0 };
    meshFacts(() => rules).onEdgeDown(edge, reason, 0);
    expect([reason, rules.routing.isWary(0)]).toEqual([reason, isWary]);
  }
});

test('Members are exchanged with who brings a new heartbeat, unless only rounds do that', () => {
  for (const [exchangesOnNewGenerator, sent] of [
    [true, ['discovery']],
    [false, []],
  ] as const) {
    const bench = createBench({ exchangesOnNewGenerator });
    const { config, rng } = bench.context;
    const options = { self: memberOf(5), config, rng, locations: [] };
    const rules = composeRules(options, createAlarms(CLOCKED), bench.context.emit);
    rules.mesh.request(requestOf(memberOf(1), offerOf(10)), 0);
    rules.mesh.handleAccept(memberOf(1), false, 0);
    bench.take();
    heartbeatFacts(() => rules).onNewGenerator(nodeId(1), 0);
    expect(bench.sent().map(({ message }) => message.kind)).toEqual(sent);
  }
});
