import { describe, expect, test } from 'vitest';
import type { Notice } from '../../../src/gossamer/core/message.js';
import type { Member } from '../../../src/gossamer/core/node.js';
import { createNotices } from '../../../src/gossamer/leaves/notices.js';
import { createBench, memberOf, nodeId } from '../support.js';

const noticeOf = (about: Member, more: Partial<Notice> = {}): Notice => ({
  what: 'left',
  about,
  atMs: 100,
  reporter: about.id,
  ...more,
});

/** Our neighbours are 1, 2 and 3. */
function createFloods() {
  const bench = createBench();
  const neighbours = [memberOf(1), memberOf(2), memberOf(3)];
  const notices = createNotices(bench.context, () => neighbours);
  const receivers = (): string[] => bench.sent().map(({ to }) => to);
  return { bench, notices, receivers };
}

describe('A notice', () => {
  test('goes to all neighbours when it is ours', () => {
    const { notices, receivers } = createFloods();
    notices.flood('failed', memberOf(9), 0);
    expect(receivers()).toEqual(['scx1:1', 'scx2:1', 'scx3:1']);
  });

  test('is passed on to all neighbours but the one that it came from, once', () => {
    const { notices, receivers } = createFloods();
    const notice = noticeOf(memberOf(9));
    expect(notices.handle(memberOf(1), notice, 0)).toBe(notice);
    expect(receivers()).toEqual(['scx2:1', 'scx3:1']);
    expect(notices.handle(memberOf(2), notice, 1)).toBeUndefined();
    expect(receivers()).toEqual([]);
  });

  test('is distinguished from another by its time stamp', () => {
    const { notices } = createFloods();
    expect(notices.handle(memberOf(1), noticeOf(memberOf(9)), 0)).toBeDefined();
    const later = noticeOf(memberOf(9), { atMs: 101 });
    expect(notices.handle(memberOf(1), later, 0)).toBeDefined();
  });

  test('of a failure is the same from any reporter, but not for another incarnation', () => {
    const { notices } = createFloods();
    const failed = (reporter: number, incarnation: number): Notice =>
      noticeOf(memberOf(9, { incarnation }), { what: 'failed', reporter: nodeId(reporter) });
    expect(notices.handle(memberOf(1), failed(1, 7), 0)).toBeDefined();
    expect(notices.handle(memberOf(2), failed(2, 7), 0)).toBeUndefined();
    expect(notices.handle(memberOf(2), failed(2, 8), 0)).toBeDefined();
  });

  test('of our own does not come back to us', () => {
    const { notices, receivers } = createFloods();
    notices.flood('failed', memberOf(9), 0);
    receivers();
    const echo = noticeOf(memberOf(9), { what: 'failed', reporter: nodeId(5) });
    expect(notices.handle(memberOf(2), echo, 1)).toBeUndefined();
    expect(receivers()).toEqual([]);
  });

  test('is believed from a neighbour or from the one that it is about, and from no other', () => {
    const { notices, receivers } = createFloods();
    expect(notices.handle(memberOf(7), noticeOf(memberOf(9)), 0)).toBeUndefined();
    expect(receivers()).toEqual([]);
    expect(notices.handle(memberOf(9), noticeOf(memberOf(9)), 0)).toBeDefined();
    expect(receivers()).toHaveLength(3);
  });

  test('beyond what can be remembered is not passed on, so that no flood goes round for ever', () => {
    const { notices, receivers } = createFloods();
    const round = (now: number): number => {
      for (let number = 100; number < 2100; number++) {
        notices.handle(memberOf(1), noticeOf(memberOf(number)), now);
      }
      return receivers().length;
    };
    expect(round(0)).toBe(2 * 1024);
    expect(round(1)).toBe(0);
    expect(round(29_999)).toBe(0);
    expect(round(30_000)).toBeGreaterThan(0);
  });
});
