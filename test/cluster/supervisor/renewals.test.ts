/** Lease renewals: which SCXs are believed to live, for how long, and what is known of them. */
import { describe, expect, test } from 'vitest';
import { supervisorConfig } from '../../../src/cluster/supervisor/supervisor-config.js';
import { FACTS, NIGHT } from '../support.js';
import { answered, DAY, full, idOf, launchOf, loud, setUp, stopped } from './supervised.js';

describe('A renewal', () => {
  test('for another session than that of the SCX is ignored', () => {
    const { want, lease } = setUp();
    want(1, 0);
    expect(lease(1, 100, {}, DAY)).toEqual([]);
    expect(lease(1, 200)).toEqual([answered(1, 1)]);
  });

  test('of an SCX that was not launched here makes it the first one while ours is launching', () => {
    const { want, ask, lease } = setUp();
    want(1, 0);
    expect(loud(lease(9, 100))).toEqual([answered(1, 9)]);
    expect(ask(2, 150)).toEqual([answered(2, 9)]);
  });

  test('does not bring back an SCX that leaves', () => {
    const { want, lease } = setUp();
    want(1, 0);
    lease(1, 300);
    lease(1, 1000, { state: 'leaving' });
    lease(1, 1100);
    expect(want(2, 1200)).toEqual([launchOf(2, 8102)]);
  });

  test.each([
    [undefined, 31_000],
    [60_000, 91_000],
  ])('that an SCX leaves within %s ms gives it until %i ms, once', (leavesWithinMs, until) => {
    const { want, lease, runUntil } = setUp();
    want(1, 0);
    lease(1, 300);
    lease(1, 1000, { state: 'leaving', leavesWithinMs });
    lease(1, 20_000, { state: 'leaving', leavesWithinMs });
    expect(runUntil(until - 1)).toEqual([]);
    expect(runUntil(until)).toEqual([stopped(1, 'SIGKILL')]);
  });

  test('of more SCXs than can be tracked is ignored', () => {
    const { machine, lease, found } = setUp({ trackedMax: 1 });
    lease(9, 0);
    lease(8, 10);
    found(7, 20);
    expect([9, 8, 7].map((n) => machine.knows(idOf(n), NIGHT))).toEqual([true, false, false]);
  });

  test('is not forgotten when the platform finds the same SCX', () => {
    const { found, lease, ask } = setUp();
    found(9, 0);
    lease(9, 100);
    found(9, 200);
    expect(ask(1, 300)).toEqual([answered(1, 9)]);
  });
});

describe('The status of SCXs', () => {
  test('is that of the last renewal, for as long as the lease holds', () => {
    const { machine, want, lease } = setUp();
    want(1, 0);
    expect(machine.statuses(100)).toEqual([]);
    lease(1, 300, { listeners: 1 });
    lease(1, 1300, { listeners: 2 });
    expect(machine.statuses(6299)).toMatchObject([{ id: idOf(1), listeners: 2 }]);
    expect(machine.statuses(6300)).toEqual([]);
  });

  test('is listed by session and id', () => {
    const { machine, lease, exited } = setUp();
    for (const n of [3, 1, 2]) lease(n, 0);
    lease(4, 0, {}, DAY);
    const ids = (session?: string) => machine.statuses(10, session).map(({ id }) => id);
    expect(ids()).toEqual([4, 1, 2, 3].map(idOf));
    expect(ids(NIGHT)).toEqual([1, 2, 3].map(idOf));
    exited(2, 20, 0);
    expect(ids(NIGHT)).toEqual([1, 3].map(idOf));
  });
});

describe('A supervisor that stood still', () => {
  test('shortens no deadline', () => {
    const { machine, want, lease, runUntil } = setUp();
    want(1, 0);
    lease(1, 300);
    lease(1, 1000, { state: 'leaving' });
    expect(machine.tick(10_000)).toEqual([]);
    expect(runUntil(30_999)).toEqual([]);
    expect(runUntil(31_000)).toEqual([stopped(1, 'SIGKILL')]);
  });

  test.each([
    [2000, 5300],
    [2001, 7301],
  ])('for %i ms kills a silent SCX at %i ms', (gap, at) => {
    const { machine, want, lease, runUntil } = setUp();
    want(1, 0);
    lease(1, 300);
    machine.tick(300 + gap);
    expect(runUntil(at - 1)).toEqual([]);
    expect(runUntil(at)).toEqual([stopped(1, 'SIGKILL')]);
  });
});

describe('A successor', () => {
  test('gets the facts of its session, the HTTP port, and a free overlay port', () => {
    const { machine, keep, lease } = setUp();
    keep(0);
    lease(1, 300);
    const ports = { http: 8100, overlay: 8103 };
    const value = { facts: FACTS, ports, rendezvous: true };
    expect(machine.planSuccessor(idOf(1))).toEqual({ ok: true, value });
    machine.handle({ kind: 'unkeep', session: NIGHT }, 400);
    expect(machine.planSuccessor(idOf(1))).toMatchObject({ value: { rendezvous: false } });
  });

  test('is not planned for an SCX that does not run, or is not known', () => {
    const { machine, want, lease } = setUp();
    want(1, 0);
    const reasonOf = (n: number) => machine.planSuccessor(idOf(n));
    const ending = { ok: false, problems: ['it is about to end anyway'] };
    expect([reasonOf(1), reasonOf(2)]).toEqual([ending, ending]);
    lease(1, 300);
    lease(1, 400, { state: 'leaving' });
    expect(reasonOf(1)).toEqual(ending);
    lease(9, 500, {}, DAY);
    const unknown = { ok: false, problems: ['its announcement is not known here'] };
    expect(reasonOf(9)).toEqual(unknown);
  });
});

describe('A launch', () => {
  test('waits for the budget, whatever happens meanwhile', () => {
    const { want, runUntil } = setUp({ launchBurst: 1, launchIntervalMs: 1000 });
    expect(want(1, 0)).toEqual([launchOf(1)]);
    expect(want(2, 500, DAY)).toEqual([]);
    expect(runUntil(999)).toEqual([]);
    expect(runUntil(1000)).toEqual([launchOf(2, 8102, DAY)]);
  });

  test('that failed makes way for another session at once', () => {
    const { machine, want } = setUp({ launchingMax: 1 });
    want(1, 0);
    expect(want(2, 10, DAY)).toEqual([]);
    const effects = machine.handle({ kind: 'launchFailed', id: idOf(1), reason: 'EAGAIN' }, 20);
    expect(loud(effects)).toEqual([launchOf(2, 8100, DAY)]);
  });

  test('without a free port pair is refused, and not tried again at once', () => {
    const { machine, want, keep } = setUp({ ports: { first: 8100, last: 8101 } });
    want(1, 0);
    expect(want(2, 10, DAY)).toEqual([full(2)]);
    expect(loud(keep(20, DAY))).toEqual([]);
    expect(machine.deadline()).toBeGreaterThan(20);
  });

  test('of the first SCX of a session comes before that of a further one', () => {
    const noon = 'scattercast://radio.example/noon';
    const { want, lease, keep } = setUp({ launchingMax: 1 });
    keep(0);
    lease(1, 300, { listeners: 3, listenersMax: 3 });
    want(1, 400, noon);
    expect(want(2, 410)).toEqual([]);
    expect(want(3, 420, DAY)).toEqual([]);
    expect(lease(2, 500, {}, noon)).toEqual([answered(1, 2), launchOf(3, 8104, DAY)]);
  });

  test('is waited for by at most waitingMax requests', () => {
    const { want } = setUp({ waitingMax: 1 });
    want(1, 0);
    expect(want(2, 10)).toEqual([full(2)]);
  });

  test('of a published session that must wait is logged', () => {
    const { want, keep } = setUp({ scxsMax: 1 });
    want(1, 0, DAY);
    expect(keep(200)).toMatchObject([
      { kind: 'log', level: 'warn', message: expect.stringContaining('is full') },
    ]);
  });
});

test('The defaults of the supervisor are those that its documentation names', () => {
  const ports = { first: 8100, last: 8107 };
  expect(supervisorConfig(40, ports)).toEqual({
    ...{ scxsMax: 40, foreignMax: 30, perOriginMax: 7, isShared: false },
    ...{ originIntervalMs: 5000, launchingKept: 2 },
    ...{ ports, sessionListenersMax: Number.POSITIVE_INFINITY, trackedMax: 144 },
    ...{ spareShare: 0.1, reservationMs: 5000, waitingMax: 4096, sessionsMax: 1024 },
    ...{ launchingMax: 8, launchBurst: 40, launchIntervalMs: 1000, firstLeaseMs: 8000 },
    ...{ leaseMs: 5000, pulseMs: 1000, stallMs: 1000 },
    ...{ leavingMs: 30_000, stopMs: 2500, killMs: 3000 },
    ...{
      backoffMinMs: 250,
      backoffMaxMs: 30_000,
      backoffHeldMs: 4000,
      portAvoidMs: 60_000,
      portTriesMax: 8,
    },
    ...{ quickDeathMs: 30_000, quickDeathsMax: 3, memoryMs: 300_000 },
  });
  expect(supervisorConfig(4, ports).launchBurst).toBe(32);
});

describe('On many machines, where SCXs draw their ids by themselves,', () => {
  const shared = () => setUp({ isShared: true, ports: 'any' });

  test('the first SCX of a session that renews is the one that is being launched', () => {
    const { machine, want, ask, lease } = shared();
    want(1, 0);
    expect(loud(lease(9, 500))).toEqual([answered(1, 9)]);
    expect([machine.size, machine.knows(idOf(9), NIGHT)]).toEqual([1, true]);
    expect(machine.knows(idOf(1), NIGHT)).toBe(false);
    expect(ask(2, 600)).toEqual([answered(2, 9)]);
  });

  test('an SCX that was started again takes the place of the one that failed', () => {
    const { machine, keep, lease, exited } = shared();
    keep(0);
    lease(8, 500);
    expect(machine.keeps(idOf(8))).toBe(true);
    expect(exited(8, 40_000, null).filter(({ kind }) => kind === 'launch')).toHaveLength(1);
    lease(9, 40_700);
    expect([machine.size, machine.keeps(idOf(9))]).toEqual([1, true]);
  });

  test('front ends that hear of them in any order have the same rendezvous', () => {
    const older = { startedAt: '2024-01-01T00:00:00.000Z' };
    const younger = { startedAt: '2024-01-02T00:00:00.000Z' };
    const kept = [
      [older, younger],
      [younger, older],
    ].map(([first, second]) => {
      const { machine, keep, lease } = shared();
      keep(0);
      lease(first === older ? 8 : 9, 500, first);
      lease(second === older ? 8 : 9, 600, second);
      return [8, 9].filter((n) => machine.keeps(idOf(n)));
    });
    expect(kept).toEqual([[8], [8]]);
  });
});
