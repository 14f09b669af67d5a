import { describe, expect, test } from 'vitest';
import type { LaunchFacts } from '../../../src/api/scx-launch.js';
import { FACTS, NIGHT } from '../support.js';
import { answered, DAY, failed, full, idOf, launchOf, loud, setUp, stopped } from './supervised.js';

const isAnswer = ({ kind }: { readonly kind: string }): boolean => kind === 'answer';

describe('A supervisor launches', () => {
  test('an SCX for the first client, and answers at its first lease', () => {
    const { want, lease } = setUp();
    expect(want(1, 0)).toEqual([launchOf(1)]);
    expect(lease(1, 300)).toEqual([answered(1, 1)]);
    expect(want(2, 400)).toEqual([answered(2, 1)]);
  });

  test('one SCX for several clients of a session', () => {
    const { want, lease } = setUp();
    want(1, 0);
    expect(want(2, 10)).toEqual([]);
    expect(lease(1, 300)).toEqual([answered(1, 1), answered(2, 1)]);
    expect(lease(1, 1300)).toEqual([]);
  });

  test('SCXs of several sessions on ports of their own', () => {
    const { want } = setUp();
    expect(want(1, 0)).toEqual([launchOf(1, 8100)]);
    expect(want(2, 0, DAY)).toEqual([launchOf(2, 8102, DAY)]);
  });

  test('a rendezvous SCX as soon as its session is kept', () => {
    const { keep } = setUp();
    expect(keep(0)).toEqual([launchOf(1, 8100, NIGHT, true)]);
    expect(keep(1)).toEqual([]);
  });

  test('no more SCXs than the cap, and says so', () => {
    const { want, exited } = setUp({ scxsMax: 1 });
    want(1, 0);
    expect(want(2, 10, DAY)).toEqual([full(2)]);
    exited(1, 100, 0);
    expect(loud(want(3, 200, DAY))).toEqual([launchOf(2, 8100, DAY)]);
  });

  test('a kept session as soon as there is room', () => {
    const { want, keep, lease, exited } = setUp({ scxsMax: 1 });
    want(1, 0, DAY);
    lease(1, 100, {}, DAY);
    expect(loud(keep(200))).toEqual([]);
    expect(loud(exited(1, 300, 0))).toEqual([launchOf(2, 8100, NIGHT, true)]);
  });

  test('at most launchingMax at a time, those of sessions that are published here first', () => {
    const { want, keep, lease, runUntil } = setUp({ launchingMax: 1 });
    want(1, 0, DAY);
    expect(want(2, 2, 'scattercast://radio.example/noon')).toEqual([]);
    expect(keep(3)).toEqual([]);
    expect(runUntil(99)).toEqual([]);
    expect(lease(1, 100, {}, DAY)).toEqual([answered(1, 1), launchOf(2, 8102, NIGHT, true)]);
    expect(lease(2, 200)).toEqual([launchOf(3, 8104, 'scattercast://radio.example/noon')]);
  });

  test('no faster than the budget allows', () => {
    const { machine, want, exited, runUntil } = setUp({ launchBurst: 1, launchIntervalMs: 1000 });
    want(1, 0);
    exited(1, 10, 1);
    expect(machine.deadline()).toBe(1000);
    expect(runUntil(1000)).toEqual([launchOf(2)]);
  });
});

describe('A launch that fails', () => {
  test('by exit is repeated after a backoff that doubles', () => {
    const { machine, keep, exited, config } = setUp();
    keep(0);
    let now = 0;
    for (let deaths = 1; deaths <= 9; deaths++) {
      exited(deaths, now, 1);
      const wait = Math.min(config.backoffMinMs * 2 ** (deaths - 1), config.backoffMaxMs);
      expect(machine.deadline() - now).toBeGreaterThanOrEqual(wait / 2);
      expect(machine.deadline() - now).toBeLessThanOrEqual(wait);
      now = machine.deadline();
      expect(machine.tick(now)).toEqual([launchOf(deaths + 1, 8100, NIGHT, true)]);
    }
  });

  test('by silence is killed, and repeated when it has gone', () => {
    const { want, exited, runUntil } = setUp();
    want(1, 0);
    expect(runUntil(7999)).toEqual([]);
    expect(runUntil(8000)).toEqual([stopped(1, 'SIGKILL')]);
    expect(loud(exited(1, 8010, null, 'SIGKILL'))).toEqual([]);
    expect(runUntil(8300)).toEqual([launchOf(2)]);
  });

  test('because the port is taken is repeated at once with the next pair', () => {
    const { want, exited, lease } = setUp();
    want(1, 0);
    expect(exited(1, 50, 3)).toEqual([launchOf(2, 8102)]);
    expect(exited(2, 100, 3)).toEqual([launchOf(3, 8104)]);
    expect(lease(3, 200)).toEqual([answered(1, 3)]);
    expect(want(2, 300, DAY)).toEqual([launchOf(4, 8106, DAY)]);
  });

  test('on several port pairs in a row counts as a death', () => {
    const { want, exited } = setUp({ portTriesMax: 2, quickDeathsMax: 1 });
    want(1, 0);
    exited(1, 1, 3);
    exited(2, 2, 3);
    expect(loud(exited(3, 3, 3))).toEqual([failed(1, expect.stringContaining('exit code 3'))]);
  });

  test('again and again is reported to clients at once, until the next attempt', () => {
    const { machine, want, exited } = setUp();
    want(1, 0);
    exited(1, 10, 1);
    machine.tick(machine.deadline());
    exited(2, 600, 1);
    const third = machine.deadline();
    machine.tick(third);
    expect(loud(exited(3, third + 10, 1))).toEqual([failed(1)]);
    expect(want(2, third + 20)).toEqual([failed(2, expect.stringContaining('3 times in a row'))]);
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect(want(3, third + 2000)).toEqual([launchOf(4)]);
  });

  test('before its process started is reported with the reason', () => {
    const { machine, want } = setUp({ quickDeathsMax: 1 });
    want(1, 0);
    const effects = machine.handle({ kind: 'launchFailed', id: idOf(1), reason: 'ENOENT' }, 5);
    expect(loud(effects)).toEqual([failed(1, expect.stringContaining('ENOENT'))]);
  });

  test('does not keep a client waiting longer than its timeout', () => {
    const { want, runUntil } = setUp();
    want(1, 0, NIGHT, 2000);
    expect(runUntil(2000)).toEqual([failed(1, expect.stringContaining('not ready'))]);
  });

  test('leaves a published session trying, at most every half minute', () => {
    const { machine, keep, exited } = setUp();
    keep(0);
    let now = 0;
    let launches = 1;
    while (now < 600_000) {
      exited(launches, now, 1);
      now = machine.deadline();
      expect(loud(machine.tick(now))).toEqual([launchOf(++launches, 8100, NIGHT, true)]);
    }
    expect(launches).toBeLessThan(600 / 15 + 10);
  });
});

describe('A running SCX', () => {
  test('that stops renewing its lease is killed after 5 s', () => {
    const { want, lease, runUntil } = setUp();
    want(1, 0);
    lease(1, 300);
    lease(1, 1300);
    expect(runUntil(6299)).toEqual([]);
    expect(runUntil(6300)).toEqual([stopped(1, 'SIGKILL')]);
  });

  test('that crashed with listeners is launched again on its ports, without a wait', () => {
    const { want, lease, exited } = setUp();
    want(1, 0);
    lease(1, 300, { listeners: 2 });
    expect(loud(exited(1, 1000, null, 'SIGSEGV'))).toEqual([launchOf(2, 8100)]);
  });

  test('that crashed is launched again with its last neighbours, to join among them', () => {
    const { want, lease, exited } = setUp();
    const neighbours = [{ id: idOf(77), address: 'far.example:1', rttMs: 20, ours: true }];
    want(1, 0);
    lease(1, 300, { listeners: 2 });
    lease(1, 900, { listeners: 2, neighbours });
    const [launch] = loud(exited(1, 1000, null, 'SIGKILL'));
    expect(launch).toMatchObject({ order: { id: idOf(2), formerNeighbours: neighbours } });
  });

  test('that leaves is followed by one that joins among its last neighbours', () => {
    const { keep, lease } = setUp();
    const neighbours = [{ id: idOf(77), address: 'far.example:1', rttMs: 20, ours: true }];
    keep(0);
    lease(1, 300, { neighbours });
    const [launch] = loud(lease(1, 900, { state: 'leaving', neighbours: [] }));
    expect(launch).toMatchObject({ order: { id: idOf(2), formerNeighbours: neighbours } });
  });

  test('that crashed after a long life is launched again at once', () => {
    const { want, lease, exited } = setUp();
    want(1, 0);
    lease(1, 300);
    lease(1, 60_000, { attachedSources: 1 });
    expect(loud(exited(1, 60_100, 1))).toEqual([launchOf(2, 8100)]);
  });

  test('is launched again for its listeners when the next one dies early, but not for ever', () => {
    const { want, lease, exited, runUntil, machine } = setUp();
    want(1, 0);
    lease(1, 300, { listeners: 2 });
    expect(loud(exited(1, 1000, 1))).toEqual([launchOf(2, 8100)]);
    exited(2, 1400, 1);
    expect(runUntil(2000)).toEqual([launchOf(3, 8100)]);
    exited(3, 2100, 1);
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('that crashed without clients is not launched again', () => {
    const { machine, want, lease, exited } = setUp();
    want(1, 0);
    lease(1, 300);
    lease(1, 5300); // the listener that was sent there has not come
    expect(loud(exited(1, 5301, 1))).toEqual([]);
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('that crashed before it could report its first listener is launched again', () => {
    const { want, lease, exited } = setUp();
    want(1, 0);
    expect(lease(1, 300)).toEqual([answered(1, 1)]);
    expect(loud(exited(1, 5299, null, 'SIGKILL'))).toEqual([launchOf(2, 8100)]);
  });

  test('that crashed again before its listeners could return is launched again, but not for ever', () => {
    const { machine, want, lease, exited, runUntil } = setUp();
    want(1, 0);
    lease(1, 6000, { listeners: 1 });
    expect(loud(exited(1, 6100, 1))).toEqual([launchOf(2, 8100)]);
    lease(2, 6400);
    exited(2, 6500, 1);
    expect(runUntil(7000)).toEqual([launchOf(3, 8100)]);
    lease(3, 7300);
    exited(3, 7400, 1);
    expect(runUntil(9000)).toEqual([launchOf(4, 8100)]);
    lease(4, 9300);
    exited(4, 9400, 1);
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('that crashes again and again with listeners makes new ones wait for 4 s at most', () => {
    const { machine, want, lease, exited } = setUp();
    want(0, 0);
    let now = 0;
    for (let n = 1; n <= 9; n++) {
      lease(n, now + 300, { listeners: 2 });
      expect(loud(exited(n, now + 400, null, 'SIGKILL')).filter(isAnswer)).toEqual([]);
      const atOnce = n === 1;
      expect(want(n, now + 410)).toEqual([]);
      if (!atOnce) {
        expect(machine.deadline()).toBeLessThanOrEqual(now + 400 + 4000);
        now = machine.deadline();
        expect(machine.tick(now)).toEqual([launchOf(n + 1, 8100)]);
      }
      expect(lease(n + 1, now + 500, { listeners: 2 })).toContainEqual(answered(n, n + 1));
    }
  });

  test('takes a newer announcement of the session, and keeps it against older ones', () => {
    const { machine, want, lease, exited } = setUp();
    const wantBy = (request: number, facts: LaunchFacts, now: number) => {
      const client = { session: NIGHT, isListener: true, timeoutMs: 20_000 };
      return machine.handle({ kind: 'want', request, facts, ...client }, now);
    };
    want(1, 0);
    lease(1, 1000, { listeners: 3 });
    const access = { ...FACTS.access, issuedMs: FACTS.access.issuedMs + 1 };
    const retitled = { ...FACTS, access, title: 'Night, renamed' };
    wantBy(2, retitled, 2000);
    wantBy(3, { ...FACTS, announcement: 'http://192.0.2.1/old.xml' }, 3000);
    const launches = exited(1, 100_000, 1).filter(({ kind }) => kind === 'launch');
    expect(launches).toMatchObject([{ order: { facts: retitled } }]);
  });

  test('that ended leaves its session to another announcement of the same name', () => {
    const { machine, want, lease, exited } = setUp();
    want(1, 0);
    lease(1, 1000);
    exited(1, 100_000, 0);
    const facts = { ...FACTS, announcement: 'http://192.0.2.1/other.xml' };
    const client = { session: NIGHT, isListener: true, timeoutMs: 20_000 };
    const effects = machine.handle({ kind: 'want', request: 2, facts, ...client }, 101_000);
    expect(loud(effects)).toMatchObject([{ kind: 'launch', order: { facts } }]);
  });

  test('that ended because its last client left is not launched again', () => {
    const { machine, want, lease, exited } = setUp();
    want(1, 0);
    lease(1, 300, { listeners: 1 });
    expect(exited(1, 1000, 0)).toEqual([]);
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect(machine.size).toBe(0);
  });

  test('of a published session is launched again however it ended', () => {
    const { keep, lease, exited } = setUp();
    keep(0);
    lease(1, 300);
    lease(1, 40_000);
    expect(loud(exited(1, 40_100, 0))).toEqual([launchOf(2, 8100, NIGHT, true)]);
  });

  test('that leaves is replaced by another on other ports', () => {
    const { machine, want, lease, exited } = setUp();
    want(1, 0);
    lease(1, 300);
    expect(lease(1, 1000, { state: 'leaving' })).toEqual([]);
    expect(want(2, 1100)).toEqual([launchOf(2, 8102)]);
    expect(exited(1, 1200, 0)).toEqual([]);
    expect(lease(2, 1300)).toEqual([answered(2, 2)]);
    expect(machine.size).toBe(1);
  });

  test('is kept exactly while its session is published', () => {
    const { machine, want, keep, lease } = setUp();
    want(1, 0);
    lease(1, 300);
    expect(machine.keeps(idOf(1))).toBe(false);
    expect(keep(400)).toEqual([]);
    expect(machine.keeps(idOf(1))).toBe(true);
    machine.handle({ kind: 'unkeep', session: NIGHT }, 500);
    expect(machine.keeps(idOf(1))).toBe(false);
  });

  test('that survives SIGKILL is given up, and its session gets another', () => {
    const { machine, keep, lease, runUntil } = setUp();
    keep(0);
    lease(1, 300);
    const effects = loud(runUntil(9000));
    expect(effects).toEqual([stopped(1, 'SIGKILL'), launchOf(2, 8100, NIGHT, true)]);
    expect(machine.size).toBe(1);
  });

  test('gets another lease term when the supervisor itself stood still', () => {
    const { machine, want, lease, runUntil } = setUp();
    want(1, 0);
    lease(1, 300);
    expect(machine.tick(60_000)).toEqual([]);
    expect(loud(runUntil(64_999))).toEqual([]);
    expect(loud(runUntil(65_000))).toEqual([stopped(1, 'SIGKILL')]);
  });

  test.each([3300, 5300, 5900])(
    'is not killed after the supervisor stood still for %i ms, whichever SCX renews first',
    (ms) => {
      const { want, lease, runUntil } = setUp();
      want(1, 0);
      lease(1, 100);
      want(2, 200, DAY);
      lease(2, 300, {}, DAY);
      expect(lease(1, ms)).toEqual([]);
      expect(runUntil(ms + 4999)).toEqual([]);
      expect(runUntil(ms + 5000)).toEqual([stopped(1, 'SIGKILL'), stopped(2, 'SIGKILL')]);
    },
  );
});

describe('An SCX of an earlier front end', () => {
  test('that was found is waited for, and nothing is launched', () => {
    const { want, found, lease } = setUp();
    found(9, 0);
    expect(want(1, 10)).toEqual([]);
    expect(lease(9, 200)).toEqual([answered(1, 9)]);
  });

  test('that was found but does not renew its lease is killed and replaced', () => {
    const { keep, found, exited, runUntil } = setUp();
    found(9, 0);
    expect(keep(0)).toEqual([]);
    expect(runUntil(5000)).toEqual([stopped(9, 'SIGKILL')]);
    exited(9, 5010, null);
    expect(runUntil(5300)).toEqual([launchOf(1, 8100, NIGHT, true)]);
  });

  test('that was not found is adopted at its first lease', () => {
    const { machine, want, lease } = setUp();
    expect(loud(lease(9, 0))).toEqual([]);
    expect(machine.knows(idOf(9), NIGHT)).toBe(true);
    expect(want(1, 10)).toEqual([answered(1, 9)]);
  });

  test('beside a launched one is left alone, and takes over when that dies', () => {
    const { machine, keep, want, lease, exited } = setUp();
    keep(0);
    lease(1, 300);
    expect(loud(lease(9, 400))).toEqual([]);
    expect(machine.keeps(idOf(9))).toBe(false);
    expect(loud(exited(1, 500, 1))).toEqual([]);
    expect(want(1, 600)).toEqual([answered(1, 9)]);
    expect(machine.keeps(idOf(9))).toBe(true);
  });
});

describe('A supervisor that is told to stop', () => {
  test('asks all SCXs to leave, and kills those that do not', () => {
    const { machine, want, lease, exited, runUntil } = setUp();
    want(1, 0);
    want(2, 0, DAY);
    lease(1, 300);
    expect(machine.handle({ kind: 'stopAll' }, 1000)).toEqual([
      failed(2, expect.stringContaining('shutting down')),
      stopped(1, 'SIGTERM'),
      stopped(2, 'SIGTERM'),
    ]);
    expect(exited(1, 1100, 0)).toEqual([]);
    expect(want(3, 1200)).toEqual([failed(3)]);
    expect(runUntil(3500)).toEqual([stopped(2, 'SIGKILL')]);
    exited(2, 3510, null, 'SIGKILL');
    expect(machine.size).toBe(0);
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('The memory of a supervisor', () => {
  test('holds sessionsMax failing sessions, and drops the oldest for a new one', () => {
    const { machine, want, exited } = setUp({ sessionsMax: 2, quickDeathsMax: 1 });
    const session = (n: number) => `scattercast://radio.example/s${n}`;
    for (let n = 1; n <= 3; n++) {
      want(n, 0, session(n));
      exited(n, 1, 1);
    }
    expect(want(4, 2, session(3))).toEqual([failed(4)]);
    expect(want(5, 2, session(1))).toEqual([launchOf(4, 8100, session(1))]);
    expect(machine.size).toBe(1);
  });

  test('drops no session that is published or has an SCX', () => {
    const { machine, keep, want, lease } = setUp({ sessionsMax: 1 });
    keep(0);
    lease(1, 100);
    want(1, 200, DAY);
    expect(machine.keeps(idOf(1))).toBe(true);
  });

  test('holds deaths for five minutes after the next launch was due', () => {
    const { machine, want, exited, config } = setUp({ quickDeathsMax: 2 });
    want(1, 0);
    exited(1, 10, 1);
    machine.tick(machine.deadline());
    exited(2, 400, 1);
    want(2, 400 + config.memoryMs);
    expect(loud(exited(3, 410 + config.memoryMs, 1))).toEqual([failed(2)]);
  });

  test('ends after a while: a session that failed long ago starts anew', () => {
    const { machine, want, exited, config } = setUp({ quickDeathsMax: 2 });
    want(1, 0);
    exited(1, 10, 1);
    machine.tick(machine.deadline());
    exited(2, 400, 1);
    const later = 400 + config.memoryMs + config.backoffMaxMs;
    want(2, later);
    expect(loud(exited(3, later + 10, 1))).toEqual([]);
  });
});

describe('A supervisor that is full', () => {
  const foreign = (n: number): LaunchFacts => ({
    ...FACTS,
    announcement: `http://s${n}.example/x`,
  });
  const sessionOf = (n: number): string => `scattercast://far.example/s${n}`;

  /** Three SCXs of foreign sessions, which three clients have asked for. */
  function withForeign() {
    const set = setUp({ scxsMax: 3, foreignMax: 3, perOriginMax: 1 });
    const wantForeign = (n: number, now: number, client = `client ${n}`) =>
      set.machine.handle(
        {
          ...{ kind: 'want', request: n, session: sessionOf(n), client, facts: foreign(n) },
          ...{ isListener: true, timeoutMs: 20_000 },
        },
        now,
      );
    for (const n of [1, 2, 3]) {
      wantForeign(n, 0);
      set.lease(n, 100, {}, sessionOf(n));
    }
    return { ...set, wantForeign };
  }

  test('ends a foreign SCX without clients for a session that is published here', () => {
    const { keep, lease, exited, machine } = withForeign();
    lease(1, 1000, { listeners: 1 }, sessionOf(1));
    lease(3, 1000, { attachedSources: 1 }, sessionOf(3));
    expect(loud(keep(2000))).toEqual([]); // the listener of the second may still be on its way
    for (const n of [1, 3]) lease(n, 5000, { listeners: 1 }, sessionOf(n));
    expect(loud(lease(2, 6000, {}, sessionOf(2)))).toEqual([stopped(2, 'SIGTERM')]);
    expect(loud(lease(2, 6500, {}, sessionOf(2)))).toEqual([]);
    expect(loud(exited(2, 7000, 0))).toEqual([launchOf(4, 8102, NIGHT, true)]);
    expect(machine.has(sessionOf(2))).toBe(false);
  });

  test('ends no SCX of a session that is published here, whoever asks', () => {
    const { keep, want, lease } = setUp({ scxsMax: 1, foreignMax: 1 });
    keep(0);
    lease(1, 100);
    lease(1, 60_000);
    expect(loud(want(1, 60_000, DAY))).toEqual([full(1)]);
  });

  test('says whose share of foreign sessions is used up', () => {
    const { wantForeign } = withForeign();
    const over = (request: number, of: string) => ({
      ...{ kind: 'answer', request, outcome: { kind: 'overShare', of, retryAfterMs: 5000 } },
    });
    expect(loud(wantForeign(4, 200, 'client 1'))).toEqual([over(4, 'client')]);
    expect(loud(wantForeign(4, 200))).toEqual([full(4)]);
  });

  test('launches for one client no faster than its rate, and for others at once', () => {
    const { machine, lease, exited, wantForeign } = withForeign();
    const relaunch = (n: number, client: string, now: number) => {
      exited(n, now, 0);
      return loud(wantForeign(n + 10, now, client)).map(({ kind }) => kind);
    };
    lease(1, 1000, {}, sessionOf(1));
    expect(relaunch(1, 'client 1', 2000)).toEqual(['launch']);
    exited(4, 2100, 0);
    expect(loud(wantForeign(20, 2100, 'client 1'))).toEqual([
      { kind: 'answer', request: 20, outcome: expect.objectContaining({ of: 'client' }) },
    ]);
    expect(loud(wantForeign(21, 2200, 'client 9')).map(({ kind }) => kind)).toEqual(['launch']);
    expect(machine.deadline()).toBeGreaterThan(2200);
  });
});
