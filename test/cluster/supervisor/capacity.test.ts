/** Several SCXs of one session: when another one is launched, and where listeners are sent. */
import { describe, expect, test } from 'vitest';
import type { SupervisorEffect } from '../../../src/cluster/supervisor/supervisor-types.js';
import { FACTS, NIGHT } from '../support.js';
import { answered, DAY, failed, full, idOf, launchOf, loud, setUp } from './supervised.js';

/** A session with one SCX, which has `listeners` and takes `listenersMax`. */
function withScx(listeners: number, listenersMax: number, over: Parameters<typeof setUp>[0] = {}) {
  const world = setUp(over);
  world.keep(0);
  world.lease(1, 300, { listeners, listenersMax });
  return world;
}

/** The SCX that each request was sent to. */
const sentTo = (effects: readonly SupervisorEffect[]): readonly string[] =>
  effects.flatMap((effect) =>
    effect.kind === 'answer' && effect.outcome.kind === 'scx' ? [effect.outcome.status.id] : [],
  );

const crowded = (request: number) => ({
  kind: 'answer',
  request,
  outcome: { kind: 'crowded', retryAfterMs: expect.any(Number) },
});

describe('A session whose SCX is full', () => {
  test('gets another one when a listener comes, which waits for it', () => {
    const { want, lease } = withScx(3, 3);
    expect(want(1, 400)).toEqual([launchOf(2, 8102)]);
    expect(want(2, 410)).toEqual([]);
    expect(lease(2, 700, { listenersMax: 3 })).toEqual([answered(1, 2), answered(2, 2)]);
    expect(lease(1, 800, { listeners: 3, listenersMax: 3 })).toEqual([]);
  });

  test('gets none for clients that are not listeners', () => {
    const { ask } = withScx(3, 3);
    expect(ask(1, 400)).toEqual([answered(1, 1)]);
  });

  test('gets none while no listener comes', () => {
    const { lease, runUntil } = withScx(3, 3);
    expect(lease(1, 1000, { listeners: 3, listenersMax: 3 })).toEqual([]);
    expect(runUntil(2000)).toEqual([]);
  });

  test('gets one before the last slots are taken', () => {
    const { want } = withScx(89, 100);
    expect(want(1, 400)).toEqual([answered(1, 1)]);
    expect(want(2, 410)).toEqual([answered(2, 1), launchOf(2, 8102)]);
    expect(want(3, 420)).toEqual([answered(3, 1)]);
  });

  test('refuses listeners when the cluster runs as many SCXs as it may', () => {
    const { want, ask } = withScx(3, 3, { scxsMax: 1 });
    expect(want(1, 400)).toEqual([full(1)]);
    expect(ask(2, 410)).toEqual([answered(2, 1)]);
  });

  test('refuses listeners when its announcement is not known', () => {
    const { machine, lease } = setUp();
    lease(9, 0, { listeners: 2, listenersMax: 3 });
    const come = (request: number) => {
      const client = { session: NIGHT, facts: null, isListener: true, timeoutMs: 20_000 };
      return machine.handle({ kind: 'want', request, ...client }, 10);
    };
    expect([come(1), come(2)]).toEqual([[answered(1, 9)], [full(2)]]);
  });

  test('gets none while its announcement is not known, and waits for nothing', () => {
    const { machine, lease } = setUp();
    lease(9, 0, { listeners: 18, listenersMax: 20 });
    const client = { session: NIGHT, facts: null, isListener: true, timeoutMs: 20_000 };
    expect(machine.handle({ kind: 'want', request: 1, ...client }, 10)).toEqual([answered(1, 9)]);
    expect(machine.deadline()).toBeGreaterThan(10);
  });

  test('reserves no slot for an address that has used up its rate', () => {
    const { machine, want } = withScx(2, 3, { scxsMax: 1 });
    const client = {
      session: NIGHT,
      facts: FACTS,
      isListener: true,
      unreserved: true,
      timeoutMs: 20_000,
    };
    for (const request of [1, 2, 3]) {
      expect(machine.handle({ kind: 'want', request, ...client }, 400)).toEqual([
        answered(request, 1),
      ]);
    }
    expect(want(4, 410)).toEqual([answered(4, 1)]);
    expect(want(5, 420)).toEqual([full(5)]);
  });

  test('has room again when a renewal reports that listeners left', () => {
    const { want, lease } = withScx(3, 3, { scxsMax: 1 });
    lease(1, 1000, { listeners: 2, listenersMax: 3 });
    expect(want(1, 1100)).toEqual([answered(1, 1)]);
    expect(want(2, 1200)).toEqual([full(2)]);
  });

  test('does not keep a session without an SCX waiting', () => {
    const { want, lease, exited } = withScx(3, 3, { scxsMax: 2, launchingMax: 1 });
    want(1, 400, DAY);
    want(2, 410);
    lease(2, 500, {}, DAY);
    expect(loud(want(3, 600))).toEqual([full(3)]);
    expect(loud(exited(2, 700, 0))).toEqual([]);
  });

  test('tries other ports for its next SCX as well', () => {
    const { want, exited, lease } = withScx(3, 3);
    want(1, 400);
    expect(exited(2, 410, 3)).toEqual([launchOf(3, 8104)]);
    expect(lease(3, 500)).toEqual([answered(1, 3)]);
  });
});

describe('A crowd between two leases', () => {
  test('is sent to an SCX only as far as that has room, and launches one more', () => {
    const { want, lease } = withScx(0, 1000);
    const effects = Array.from({ length: 2000 }, (_, n) => want(n + 1, 400 + n / 4)).flat();
    expect(sentTo(effects)).toHaveLength(1000);
    expect(effects.filter(({ kind }) => kind === 'launch')).toHaveLength(1);
    const first = lease(2, 950, { listenersMax: 600 });
    expect(sentTo(first)).toEqual(Array(600).fill(idOf(2)));
    expect(first.filter(({ kind }) => kind === 'launch')).toHaveLength(1);
    expect(sentTo(lease(3, 1300, { listenersMax: 600 }))).toHaveLength(400);
  });

  test('is not counted twice when the renewal reports it', () => {
    const { want, lease } = withScx(0, 30);
    for (let n = 1; n <= 20; n++) want(n, 400);
    lease(1, 1000, { listeners: 15, listenersMax: 30 });
    const effects = Array.from({ length: 11 }, (_, n) => want(100 + n, 1100)).flat();
    expect(sentTo(effects)).toHaveLength(10);
  });

  test('leaves its slots to others when it does not come', () => {
    const { want, lease, config } = withScx(0, 3, { scxsMax: 1 });
    for (let n = 1; n <= 3; n++) want(n, 400);
    expect(want(4, 500)).toEqual([full(4)]);
    for (let at = 1000; at <= 400 + config.reservationMs; at += 600)
      lease(1, at, { listenersMax: 3 });
    lease(1, 400 + config.reservationMs, { listenersMax: 3 });
    expect(want(5, 500 + config.reservationMs)).toEqual([answered(5, 1)]);
  });
});

describe('A session with several SCXs', () => {
  /** Three SCXs, each with room for 100. */
  function withThree(...listeners: readonly [number, number, number]) {
    const world = withScx(100, 100);
    const status = (count: number) => ({ listeners: count, listenersMax: 100 });
    world.want(1, 400);
    world.lease(2, 500, status(99));
    world.want(2, 550);
    world.lease(3, 600, status(0));
    listeners.forEach((count, index) => {
      world.lease(index + 1, 6000, status(count));
    });
    return world;
  }

  test('sends each listener to the one with the most room', () => {
    const { want } = withThree(90, 88, 86);
    const effects = [1, 2, 3, 4, 5].flatMap((n) => want(n, 6100));
    expect(sentTo(effects)).toEqual([3, 3, 2, 3, 2].map(idOf));
  });

  test('sends no listener to SCXs that the others could replace twice over', () => {
    const { want } = withThree(30, 10, 0);
    expect(sentTo([1, 2, 3].flatMap((n) => want(n, 6100)))).toEqual([1, 1, 1].map(idOf));
    const more = withThree(60, 10, 0);
    expect(sentTo([1, 2].flatMap((n) => more.want(n, 6100)))).toEqual([2, 2].map(idOf));
  });

  test('keeps only the first one, whichever are launched beside it', () => {
    const { machine } = withThree(90, 90, 90);
    expect([1, 2, 3].map((n) => machine.keeps(idOf(n)))).toEqual([true, false, false]);
  });

  test('goes on with the others when the first one dies, whose listeners find another there', () => {
    const { machine, exited, want } = withThree(90, 20, 60);
    expect(loud(exited(1, 6100, null, 'SIGKILL'))).toEqual([launchOf(4, 8100)]);
    expect(machine.keeps(idOf(2))).toBe(true);
    expect(sentTo(want(1, 6200))).toEqual([idOf(2)]);
  });

  test('launches one on the ports of another that died, whose listeners had left', () => {
    const { exited, want, lease } = withThree(100, 0, 60);
    expect(loud(exited(2, 6100, null, 'SIGKILL'))).toEqual([]);
    lease(3, 6200, { listeners: 100, listenersMax: 100 });
    expect(loud(want(1, 40_000))).toEqual([launchOf(4, 8102)]);
  });

  test('refuses listeners with a reason when it has as many as it may', () => {
    const { want, ask, lease } = withScx(5, 100, { sessionListenersMax: 7 });
    expect([1, 2, 3].flatMap((n) => want(n, 400))).toEqual([
      ...[answered(1, 1), answered(2, 1)],
      crowded(3),
    ]);
    expect(ask(4, 410)).toEqual([answered(4, 1)]);
    lease(1, 500, { listeners: 6, listenersMax: 100 });
    expect(want(5, 510)).toEqual([crowded(5)]);
  });

  test('launches no SCX for listeners that it may not have', () => {
    const { want } = withScx(3, 3, { sessionListenersMax: 3 });
    expect(want(1, 400)).toEqual([crowded(1)]);
  });

  test('launches no SCX in advance for listeners that it may not have', () => {
    const { want } = withScx(9, 10, { sessionListenersMax: 10 });
    expect(want(1, 400)).toEqual([answered(1, 1)]);
    const unlimited = withScx(9, 10);
    expect(unlimited.want(1, 400)).toEqual([answered(1, 1), launchOf(2, 8102)]);
  });

  test('answers with a reason the listeners that waited in vain', () => {
    const { want, runUntil } = withScx(3, 3, { firstLeaseMs: 60_000, leaseMs: 60_000 });
    want(1, 400);
    expect(loud(runUntil(20_400))).toEqual([failed(1, expect.stringContaining('not ready'))]);
  });
});

test('An SCX that was found gets no listener before its renewal reports its capacity', () => {
  const { machine, found, want, lease } = setUp();
  found(9, 0);
  expect(machine.keeps(idOf(9))).toBe(false);
  expect(want(1, 10)).toEqual([]);
  expect(lease(9, 200, { listenersMax: 1 })).toEqual([answered(1, 9)]);
  const client = { session: NIGHT, facts: FACTS, isListener: true, timeoutMs: 1000 };
  expect(machine.handle({ kind: 'want', request: 2, ...client }, 300)).toEqual([launchOf(1)]);
});
