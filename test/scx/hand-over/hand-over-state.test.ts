import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Order } from '../../../src/api/hand-over-order.js';
import { createLatch } from '../../../src/runtime/latch.js';
import { createHandOverState } from '../../../src/scx/hand-over/hand-over-state.js';

const ORDER: Order = {
  ...{ program: '/bin/scx', args: ['scx'], drainMs: 0 },
  launch: { id: '2'.repeat(32), leaseToken: 'secret' },
};

let folder: string;
let orderFile: string;
let logged: string;
let now: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scattercast-order-'));
  orderFile = join(folder, 'order.json');
  logged = '';
  now = 1000;
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A hand-over that ends as the test says. */
function open(file: string | undefined = orderFile) {
  const orders: Order[] = [];
  const ending = createLatch<string | undefined>();
  let changes = 0;
  let succeed: (withinMs: number) => void = () => undefined;
  const keep = (line: string): void => {
    logged += line;
  };
  const state = createHandOverState({
    orderFile: file,
    log: pino({}, { write: keep }),
    now: () => now,
    handOver: (order, becomeSucceeded) => {
      orders.push(order);
      succeed = becomeSucceeded;
      return ending.promise;
    },
    onChange: () => {
      changes++;
    },
  });
  return { state, orders, ending, succeed: (ms: number) => succeed(ms), changes: () => changes };
}

const writeOrder = (text = JSON.stringify(ORDER)): void => writeFileSync(orderFile, text);

describe('A hand-over', () => {
  test('carries out the order in the file, which is then gone', async () => {
    const { state, orders, ending } = open();
    writeOrder();
    ending.resolve(undefined);
    await state.start();
    expect(orders).toEqual([ORDER]);
    expect(existsSync(orderFile)).toBe(false);
    expect(state.failedSuccessor).toBeUndefined();
  });

  test.each([
    ['without a file name', undefined],
    ['without a file', join(tmpdir(), 'no-such-order.json')],
  ])('does nothing %s, and logs nothing', async (_what, file) => {
    const { state, orders } = open(file ?? '');
    await state.start();
    expect([orders, logged]).toEqual([[], '']);
  });

  test.each([
    ['is no JSON', 'secret'],
    ['lacks a program', JSON.stringify({ ...ORDER, program: undefined })],
  ])('ignores an order that %s, and logs nothing of its content', async (_what, text) => {
    const { state, orders } = open();
    writeOrder(text);
    await state.start();
    expect(orders).toEqual([]);
    expect(logged).toContain('malformed');
    expect(logged).not.toContain('secret');
  });

  test('takes no second order while it is busy', async () => {
    const { state, orders, ending } = open();
    writeOrder();
    const first = state.start();
    await expect.poll(() => orders.length).toBe(1);
    writeOrder();
    await state.start();
    expect(orders).toHaveLength(1);
    ending.resolve(undefined);
    await first;
    await state.start();
    expect(orders).toHaveLength(2);
  });

  test('counts down the time in which a succeeded SCX leaves', async () => {
    const { state, orders, succeed, changes } = open();
    writeOrder();
    void state.start();
    await expect.poll(() => orders.length).toBe(1);
    expect([state.isSucceeded, state.leavesWithinMs]).toEqual([false, undefined]);
    succeed(500);
    expect([state.isSucceeded, state.leavesWithinMs, changes()]).toEqual([true, 500, 1]);
    now += 400;
    expect(state.leavesWithinMs).toBe(100);
    now += 400;
    expect(state.leavesWithinMs).toBe(0);
  });

  test('reports a successor that failed, in 300 characters', async () => {
    const { state, ending, changes } = open();
    writeOrder();
    ending.resolve('x'.repeat(1000));
    await state.start();
    expect(state.failedSuccessor).toEqual({ id: '2'.repeat(32), reason: 'x'.repeat(300) });
    expect([state.isSucceeded, changes()]).toEqual([false, 1]);
  });
});
