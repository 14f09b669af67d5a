import { expect, test } from 'vitest';
import { createListenerTotals } from '../../../src/cluster/fleet/listener-totals.js';
import { NIGHT, statusOf } from '../support.js';

const scx = (n: number, listeners: number, listenersTotal: number) =>
  statusOf(`${n}`.padStart(16, '0'), NIGHT, { listeners, listenersTotal });

test('Listeners are counted over all SCXs of a session, those that ended included', () => {
  const totals = createListenerTotals();
  expect(totals.of(NIGHT)).toEqual({ peak: 0, total: 0 });
  totals.onLease(NIGHT, [scx(1, 3, 5)]);
  totals.onLease(NIGHT, [scx(1, 3, 6), scx(2, 2, 2)]);
  expect(totals.of(NIGHT)).toEqual({ peak: 5, total: 8 });
  totals.onLease(NIGHT, [scx(2, 1, 4)]);
  expect(totals.of(NIGHT)).toEqual({ peak: 5, total: 10 });
});

test('The peak of listeners includes what an SCX had before this front end', () => {
  const totals = createListenerTotals();
  totals.onLease(NIGHT, [{ ...scx(1, 1, 9), listenersPeak: 7 }]);
  expect(totals.of(NIGHT)).toEqual({ peak: 7, total: 9 });
});

test('The total of listeners stays exact over any number of SCXs', () => {
  const totals = createListenerTotals();
  for (let n = 1; n <= 500; n++) totals.onLease(NIGHT, [scx(0, 0, n), scx(n, 0, 2)]);
  expect(totals.of(NIGHT).total).toBe(500 + 500 * 2);
});
