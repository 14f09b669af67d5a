import { expect, test } from 'vitest';
import { createWithdrawals } from '../../../src/gossamer/routing/withdrawals.js';
import { nodeId } from '../support.js';

test('A withdrawal is news once, and an older one never is', () => {
  const withdrawals = createWithdrawals();
  expect(withdrawals.add({ scx: nodeId(9), stamp: 4 }, 0)).toBe(true);
  expect(withdrawals.add({ scx: nodeId(9), stamp: 4 }, 1)).toBe(false);
  expect(withdrawals.add({ scx: nodeId(9), stamp: 3 }, 2)).toBe(false);
  expect(withdrawals.list()).toEqual([{ scx: nodeId(9), stamp: 4 }]);
  expect(withdrawals.add({ scx: nodeId(9), stamp: 5 }, 3)).toBe(true);
  expect(withdrawals.list()).toEqual([{ scx: nodeId(9), stamp: 5 }]);
  const listing = { key: new Uint8Array(32), signature: new Uint8Array(64) };
  withdrawals.add({ scx: nodeId(9), stamp: 6, listing }, 4);
  expect(withdrawals.list()).toEqual([{ scx: nodeId(9), stamp: 6, listing }]);
});

test('A withdrawal is repeated for two minutes', () => {
  const withdrawals = createWithdrawals();
  withdrawals.add({ scx: nodeId(9), stamp: 4 }, 1000);
  withdrawals.forgetOld(121_000);
  expect(withdrawals.list()).toHaveLength(1);
  withdrawals.forgetOld(121_001);
  expect(withdrawals.list()).toEqual([]);
});

test('The oldest of 64 withdrawals makes room', () => {
  const withdrawals = createWithdrawals();
  for (let number = 0; number <= 64; number++) {
    withdrawals.add({ scx: nodeId(number), stamp: 1 }, number);
  }
  const known = withdrawals.list().map(({ scx }) => scx);
  expect(known).toHaveLength(64);
  expect(known).not.toContain(nodeId(0));
});
