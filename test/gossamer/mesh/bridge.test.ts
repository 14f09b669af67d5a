import { expect, test } from 'vitest';
import { createBridge } from '../../../src/gossamer/mesh/bridge.js';
import { nodeId } from '../support.js';

test('A bridge is wanted for ten seconds, or until the cut is healed', () => {
  const bridge = createBridge();
  expect([bridge.isWanted(), bridge.until()]).toEqual([false, Number.POSITIVE_INFINITY]);
  bridge.want(1000);
  expect(bridge.until()).toBe(11_000);
  bridge.expire(10_999);
  expect(bridge.isWanted()).toBe(true);
  bridge.expire(11_000);
  expect(bridge.isWanted()).toBe(false);
  bridge.want(20_000);
  bridge.end();
  expect(bridge.isWanted()).toBe(false);
});

test('Asking for a bridge again does not prolong it', () => {
  const bridge = createBridge();
  bridge.want(0);
  bridge.want(9000);
  expect(bridge.until()).toBe(10_000);
});

test('Members that were probed for a bridge are remembered until it ends', () => {
  const bridge = createBridge();
  bridge.onProbe(nodeId(1));
  expect(bridge.hasTried(nodeId(1))).toBe(false);
  bridge.want(0);
  bridge.onProbe(nodeId(1));
  expect(bridge.hasTried(nodeId(1))).toBe(true);
  bridge.end();
  expect(bridge.hasTried(nodeId(1))).toBe(false);
});
