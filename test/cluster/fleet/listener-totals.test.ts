import { expect, test } from 'vitest';
import { createAudiences } from '../../../src/cluster/fleet/listener-totals.js';
import { NIGHT, statusOf } from '../support.js';

const scx = (n: number, listeners: number, listenersTotal: number) =>
  statusOf(`${n}`.padStart(16, '0'), NIGHT, { listeners, listenersTotal });

test('An audience is counted over all SCXs of its session, those that ended included', () => {
  const audiences = createAudiences();
  expect(audiences.of(NIGHT)).toEqual({ peak: 0, total: 0 });
  audiences.onLease(NIGHT, [scx(1, 3, 5)]);
  audiences.onLease(NIGHT, [scx(1, 3, 6), scx(2, 2, 2)]);
  expect(audiences.of(NIGHT)).toEqual({ peak: 5, total: 8 });
  audiences.onLease(NIGHT, [scx(2, 1, 4)]);
  expect(audiences.of(NIGHT)).toEqual({ peak: 5, total: 10 });
});

test('An audience remembers the peak that an SCX had before this front end', () => {
  const audiences = createAudiences();
  audiences.onLease(NIGHT, [{ ...scx(1, 1, 9), listenersPeak: 7 }]);
  expect(audiences.of(NIGHT)).toEqual({ peak: 7, total: 9 });
});

test('An audience loses nobody however many SCXs have come and gone', () => {
  const audiences = createAudiences();
  for (let n = 1; n <= 500; n++) audiences.onLease(NIGHT, [scx(0, 0, n), scx(n, 0, 2)]);
  expect(audiences.of(NIGHT).total).toBe(500 + 500 * 2);
});
