import { expect, test } from 'vitest';
import { composeRules } from '../../src/gossamer/compose-rules.js';
import { createAlarms } from '../../src/gossamer/core/alarms.js';
import { livenessFacts } from '../../src/gossamer/facts.js';
import { CLOCKED } from '../../src/gossamer/rules.js';
import { createBench, memberOf, nodeId } from './support.js';

test('The silence of a node that is no neighbour any more has no consequences', () => {
  const bench = createBench();
  const { config, rng } = bench.context;
  const options = { self: memberOf(5), config, rng, locations: [] };
  const rules = composeRules(options, createAlarms(CLOCKED), bench.context.emit);
  livenessFacts(() => rules).onSilent(nodeId(1), 0);
  expect(bench.take()).toEqual([]);
});
