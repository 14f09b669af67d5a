/** What the end of an SCX means for its session: another one at once, later, or none. */
import { describe, expect, test } from 'vitest';
import { createSupervisor } from '../../../src/cluster/supervisor/supervisor.js';
import { supervisorConfig } from '../../../src/cluster/supervisor/supervisor-config.js';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createRng } from '../../../src/lib/rng.js';
import { FACTS, NIGHT, statusOf } from '../support.js';
import { answered, DAY, failed, idOf, launchOf, loud, setUp, stopped } from './supervised.js';

const FULL = { listeners: 3, listenersMax: 3 };

describe('The first SCX of a session', () => {
  test('that crashed is launched again on its own ports, not on the lowest', () => {
    const { want, lease, exited } = setUp();
    want(1, 0, DAY);
    want(2, 0);
    lease(1, 300, {}, DAY);
    lease(2, 300, { listeners: 2, httpUrl: 'http://h:8102/', overlayAddress: 'h:8103' });
    expect(exited(1, 400, 0)).toEqual([]);
    expect(loud(exited(2, 1000, 1))).toEqual([launchOf(3, 8102)]);
  });

  test('that used any free ports is launched again on the same ones', () => {
    const { machine, want, lease, exited } = setUp({ ports: 'any' });
    expect(want(1, 0)).toMatchObject([{ order: { ports: { http: 0, overlay: 0 } } }]);
    lease(1, 300, { listeners: 1, httpUrl: 'http://h:40000/', overlayAddress: 'h:40007' });
    const ports = { http: 40_000, overlay: 40_007 };
    expect(loud(exited(1, 1000, 1))).toMatchObject([{ order: { ports } }]);
    expect(machine.size).toBe(1);
  });

  test('that runs and ends with the exit code for a taken port has crashed', () => {
    const { keep, lease, exited } = setUp();
    keep(0);
    lease(1, 300);
    expect(loud(exited(1, 1000, 3))).toEqual([launchOf(2, 8100, NIGHT, true)]);
  });

  test('of a published session that ends at once again and again is launched with a backoff', () => {
    const { machine, keep, lease, exited, config } = setUp();
    keep(0);
    lease(1, 100);
    expect(loud(exited(1, 200, 0))).toEqual([launchOf(2, 8100, NIGHT, true)]);
    lease(2, 300);
    expect(loud(exited(2, 400, 0))).toEqual([]);
    const wait = 2 * config.backoffMinMs;
    expect(machine.deadline() - 400).toBeGreaterThanOrEqual(wait / 2);
    expect(machine.deadline() - 400).toBeLessThanOrEqual(wait);
  });

  test('that was killed counts as dead even if it ends with exit code 0', () => {
    const { want, lease, exited, runUntil } = setUp();
    want(1, 0);
    lease(1, 300, { listeners: 1 });
    expect(runUntil(5300)).toEqual([stopped(1, 'SIGKILL')]);
    expect(loud(exited(1, 5310, 0))).toEqual([launchOf(2)]);
  });

  test('that was killed is reported with the reason for killing it', () => {
    const { want, exited, runUntil } = setUp({ quickDeathsMax: 1 });
    want(1, 0);
    runUntil(8000);
    expect(loud(exited(1, 8010, null, 'SIGKILL'))).toEqual([
      failed(1, expect.stringContaining('did not report within 8.0 s')),
    ]);
  });

  test('that is killed gets no further clients', () => {
    const { keep, ask, lease, runUntil } = setUp();
    keep(0);
    lease(1, 300);
    expect(runUntil(5300)).toEqual([stopped(1, 'SIGKILL')]);
    expect(lease(1, 5305)).toEqual([]);
    expect(ask(1, 5310)).toEqual([]);
  });

  test('is replaced for the requests that wait when it ends', () => {
    const { found, lease, ask, exited, runUntil } = setUp();
    found(9, 0);
    lease(8, 100);
    expect(ask(1, 200)).toEqual([]);
    for (const now of [1500, 3000, 4500]) lease(8, now);
    expect(runUntil(5000)).toContainEqual(stopped(9, 'SIGKILL'));
    expect(exited(9, 5010, null)).toContainEqual(answered(1, 8));
  });

  test('that replaced a crashed one and ends normally is not launched again', () => {
    const { machine, want, lease, exited } = setUp();
    want(1, 0);
    lease(1, 300, { listeners: 2 });
    expect(loud(exited(1, 1000, 1))).toEqual([launchOf(2)]);
    lease(2, 1300, { listeners: 2 });
    expect(exited(2, 2000, 0)).toEqual([]);
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('A further SCX of a session', () => {
  /** A session whose first SCX is full, and a listener that waits for the second. */
  function withFurther() {
    const world = setUp();
    world.want(1, 0);
    world.lease(1, 300, { listenersMax: 3 });
    world.lease(1, 350, FULL);
    expect(world.want(2, 400)).toEqual([launchOf(2, 8102)]);
    return world;
  }

  function withTwo() {
    const world = withFurther();
    world.lease(2, 700, { listenersMax: 3 });
    world.lease(2, 750, FULL);
    return world;
  }

  test('that is launching becomes the first one when that one dies', () => {
    const { exited, lease, ask } = withFurther();
    expect(loud(exited(1, 500, 1))).toEqual([]);
    expect(lease(2, 700)).toEqual([answered(2, 2), launchOf(3, 8100)]);
    expect(ask(3, 800)).toEqual([answered(3, 2)]);
  });

  test('that renews its lease becomes the first one before one that leaves', () => {
    const { exited, lease, ask } = withTwo();
    lease(2, 900, { state: 'leaving' });
    lease(9, 950);
    expect(loud(exited(1, 1000, 1))).toEqual([]); // the other one has its port
    expect(ask(3, 1100)).toEqual([answered(3, 9)]);
  });

  test('that crashed with listeners is launched again at its port, which is held until then', () => {
    const { released, exited, lease } = withTwo();
    expect(loud(exited(2, 1000, 1))).toEqual([launchOf(3, 8102)]);
    expect(released).toEqual([idOf(2)]);
    lease(3, 1200);
    expect(exited(1, 1300, 0)).toEqual([]);
  });

  test('that crashed without listeners leaves nothing to do when the first one ends', () => {
    const { machine, lease, exited } = withFurther();
    lease(2, 700, { listenersMax: 3 });
    expect(loud(exited(2, 20_000, 1))).toEqual([]);
    expect(exited(1, 20_100, 0)).toEqual([]);
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('lives on when the first one crashes, which is launched again at its port', () => {
    const { exited } = withTwo();
    expect(loud(exited(1, 1000, 1))).toEqual([launchOf(3, 8100)]);
  });

  test('that crashes again and again holds its port, and is launched there with a backoff', () => {
    const { machine, released, exited, lease } = withTwo();
    exited(2, 1000, 1);
    lease(3, 1100, FULL);
    lease(1, 1150, FULL);
    expect(loud(exited(3, 1200, 1))).toEqual([]);
    expect(released).toEqual([idOf(2)]);
    expect(loud(machine.tick(machine.deadline()))).toEqual([launchOf(4, 8102)]);
    expect(released).toEqual([idOf(2), idOf(3)]);
  });

  test('and the first one are both launched again when both crash', () => {
    const { exited, lease } = withTwo();
    expect(loud(exited(1, 1000, 1))).toEqual([launchOf(3, 8100)]);
    expect(loud(exited(2, 1001, 1))).toEqual([]); // one after the other, and with a backoff
    const later = lease(3, 3000, FULL);
    expect(loud(later)).toEqual([launchOf(4, 8102)]);
  });

  test('is not waited for when the cluster is full', () => {
    const { released, exited, want, lease } = withTwo();
    want(3, 800, DAY);
    lease(3, 850, { listeners: 1 }, DAY);
    want(4, 860, 'scattercast://radio.example/noon');
    lease(4, 870, { listeners: 1 }, 'scattercast://radio.example/noon');
    exited(2, 1000, 1);
    expect(released).toContain(idOf(2));
  });

  test('that crashed is logged; one that crashed while it left is not', () => {
    const first = withTwo();
    const effects = first.exited(2, 1000, 1);
    expect(effects).toMatchObject([{ kind: 'log', level: 'warn' }, { kind: 'launch' }]);
    const second = withTwo();
    second.lease(2, 900, { state: 'leaving' });
    expect(second.exited(2, 1000, 1)).toEqual([]);
  });

  test('that does not start is launched again with a backoff that doubles', () => {
    const { machine, lease, exited, config } = withFurther();
    let now = 500;
    for (const n of [2, 3, 4]) {
      expect(loud(exited(n, now, 1))).toEqual([]);
      lease(1, now, FULL);
      const wait = config.backoffMinMs * 2 ** (n - 2);
      expect(machine.deadline() - now).toBeGreaterThanOrEqual(wait / 2);
      expect(machine.deadline() - now).toBeLessThanOrEqual(wait);
      now = machine.deadline();
      expect(machine.tick(now)).toEqual([launchOf(n + 1, 8102)]);
    }
  });

  test('that does not start does not keep other clients from the first one', () => {
    const { machine, ask, exited } = withFurther();
    for (const n of [2, 3, 4]) {
      exited(n, n * 10_000, 1);
      if (n < 4) machine.tick(machine.deadline());
    }
    expect(ask(3, 40_001)).toEqual([answered(3, 1)]);
  });

  test('gets no former neighbours: those are for the first one', () => {
    const { want, lease, exited } = setUp();
    const neighbours = [{ id: idOf(77), address: 'far.example:1', rttMs: 20, ours: true }];
    want(1, 0);
    lease(1, 300, { listeners: 2, neighbours });
    expect(loud(exited(1, 1000, 1))).toMatchObject([{ order: { formerNeighbours: neighbours } }]);
    lease(2, 1300, { ...FULL, neighbours });
    expect(want(2, 1400)).toMatchObject([{ order: { id: idOf(3), formerNeighbours: [] } }]);
  });
});

describe('The port of an SCX that ended', () => {
  /** A session whose SCX has listeners, and has just crashed for the second time. */
  function crashedTwice() {
    const world = setUp();
    world.want(1, 0);
    world.lease(1, 300, { listeners: 2 });
    world.exited(1, 1000, 1);
    world.lease(2, 1300, { listeners: 2 });
    expect(loud(world.exited(2, 1400, 1))).toEqual([]);
    return world;
  }

  test('is held until the next one is launched there, and for that one from then on', () => {
    const { machine, released, lease, exited } = crashedTwice();
    expect(released).toEqual([idOf(1)]);
    expect(machine.tick(machine.deadline())).toEqual([launchOf(3, 8100)]);
    expect(released).toEqual([idOf(1), idOf(2)]);
    lease(3, 3000);
    exited(3, 3100, 0);
    expect(released).toEqual([idOf(1), idOf(2), idOf(3)]);
  });

  test('is released after the launch of the next one, which has it then', () => {
    const order: string[] = [];
    const machine = createSupervisor(supervisorConfig(4, 'any'), createRng(7), () => idOf(1));
    machine.handle({ kind: 'keep', session: NIGHT, facts: FACTS }, 0);
    machine.handle({ kind: 'lease', status: statusOf(idOf(1), NIGHT) }, 300);
    const input = { kind: 'exited', id: idOf(1), code: null, signal: 'SIGKILL' } as const;
    for (const { kind } of machine.handle(input, 400)) order.push(kind);
    expect(order.filter((kind) => kind !== 'log')).toEqual(['launch', 'release']);
  });

  const ENDS: Readonly<Record<string, (world: ReturnType<typeof setUp>) => void>> = {
    'it ended normally': ({ exited }) => void exited(1, 1000, 0),
    'it had no clients': ({ lease, exited }) => {
      lease(1, 5300);
      exited(1, 5400, 1);
    },
    'its session has another SCX': ({ lease, exited }) => {
      lease(9, 400);
      exited(1, 1000, null, 'SIGKILL');
    },
    'the cluster is stopping': ({ machine, exited }) => {
      machine.handle({ kind: 'stopAll' }, 400);
      exited(1, 500, 0);
    },
  };

  test.each(Object.entries(ENDS))('is released when %s', (_, end) => {
    const world = setUp();
    world.want(1, 0);
    world.lease(1, 300);
    end(world);
    expect(world.released).toEqual([idOf(1)]);
  });

  test('is released when its session is withdrawn before the next launch', () => {
    const { machine, keep, lease, exited, released } = setUp();
    keep(0);
    for (const [n, now] of [
      [1, 300],
      [2, 500],
    ] as const) {
      lease(n, now);
      exited(n, now + 100, 1);
    }
    expect(released).toEqual([idOf(1)]);
    machine.handle({ kind: 'unkeep', session: NIGHT }, 700);
    expect(released).toEqual([idOf(1), idOf(2)]);
  });

  test('is released when the next one must use another, or its launches are given up', () => {
    const taken = crashedTwice();
    taken.machine.tick(taken.machine.deadline());
    taken.exited(3, 3000, 3);
    expect(taken.released).toEqual([idOf(1), idOf(2), idOf(3)]);
    const failing = crashedTwice();
    failing.machine.tick(failing.machine.deadline());
    failing.exited(3, 3000, 1);
    expect(failing.released).toEqual([idOf(1), idOf(2), idOf(3)]);
  });
});

test('An SCX gets what the one before it remembered of its encoders', () => {
  const { want, lease, exited } = setUp();
  const encoderTitles = [{ mark: '0123456789abcdef', title: 'Moonlight' }];
  expect(want(1, 0)).toMatchObject([{ order: { encoderTitles: [] } }]);
  lease(1, 300, { listeners: 2, encoderTitles });
  expect(loud(exited(1, 1000, 1))).toMatchObject([{ order: { encoderTitles } }]);
});

test('An SCX goes on with the numbers of the segments of the one before it', () => {
  const { want, lease, exited } = setUp();
  const segment = {
    source: 'a'.repeat(16) as SourceId,
    first: 700,
    number: 12,
    last: 15,
    discontinuities: 3,
  };
  want(1, 0);
  lease(1, 300, { listeners: 2, segment });
  const [launched] = loud(exited(1, 1000, 1));
  expect(launched).toMatchObject({ order: { segment } });
});

describe('A supervisor that is stopping', () => {
  test('reports no SCX that crashes, and launches none', () => {
    const { machine, keep, lease, exited } = setUp();
    keep(0);
    lease(1, 300, { listeners: 1 });
    expect(machine.handle({ kind: 'stopAll' }, 1000)).toEqual([stopped(1, 'SIGTERM')]);
    expect(exited(1, 1100, 1)).toEqual([]);
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('tells an SCX to leave that it learns of only then, once', () => {
    const { machine, keep, lease, exited } = setUp();
    keep(0);
    lease(1, 300);
    machine.handle({ kind: 'stopAll' }, 1000);
    expect(loud(lease(9, 1100))).toEqual([stopped(9, 'SIGTERM')]);
    expect(loud(lease(9, 1200))).toEqual([]);
    exited(1, 1300, 0);
    expect(machine.size).toBe(1);
    exited(9, 1400, 0);
    expect(machine.size).toBe(0);
  });

  test('sends no SIGTERM after a SIGKILL', () => {
    const { machine, keep, lease, runUntil } = setUp();
    keep(0);
    lease(1, 300);
    expect(runUntil(5300)).toEqual([stopped(1, 'SIGKILL')]);
    expect(machine.handle({ kind: 'stopAll' }, 5400)).toEqual([]);
  });
});

describe('A port pair that another program uses', () => {
  test('is not preferred again, though the session listened there', () => {
    const { machine, want, lease, exited } = setUp();
    want(1, 0, DAY);
    want(2, 0);
    lease(1, 300, {}, DAY);
    lease(2, 300, { listeners: 2, httpUrl: 'http://h:8102/', overlayAddress: 'h:8103' });
    exited(1, 400, 0);
    expect(loud(exited(2, 1000, 1))).toEqual([launchOf(3, 8102)]);
    expect(exited(3, 1010, 3)).toEqual([launchOf(4, 8100)]);
    exited(4, 1020, 1);
    expect(machine.tick(machine.deadline())).toEqual([launchOf(5, 8100)]);
    exited(5, 1600, 1);
    expect(want(3, 100_000)).toEqual([launchOf(6, 8100)]);
  });

  test('costs one attempt of each launch, not of the session', () => {
    const { want, lease, exited } = setUp({ portTriesMax: 1 });
    want(1, 0);
    expect(exited(1, 10, 3)).toEqual([launchOf(2, 8102)]);
    lease(2, 300, { listenersMax: 3 });
    lease(2, 350, FULL);
    expect(want(2, 400)).toEqual([launchOf(3, 8104)]);
    expect(exited(3, 410, 3)).toEqual([launchOf(4, 8106)]);
  });

  test('costs attempts again after a death', () => {
    const { machine, keep, exited } = setUp({ portTriesMax: 1 });
    keep(0);
    exited(1, 10, 3);
    expect(loud(exited(2, 20, 3))).toEqual([]);
    expect(machine.tick(machine.deadline())).toMatchObject([{ order: { id: idOf(3) } }]);
    expect(exited(3, 500, 3)).toMatchObject([{ order: { id: idOf(4) } }]);
  });
});

test.each([
  [29_999, 2],
  [30_000, 1],
])('After an SCX that lived %i ms, the next quick death is number %i', (livedMs, deaths) => {
  const { machine, keep, lease, exited } = setUp();
  keep(0);
  for (let now = 300; now < livedMs; now += 1000) lease(1, now);
  expect(loud(exited(1, livedMs, 1))).toEqual([launchOf(2, 8100, NIGHT, true)]);
  lease(2, livedMs + 100);
  const isAtOnce = loud(exited(2, livedMs + 200, 1)).length === 1;
  expect(isAtOnce).toBe(deaths === 1);
  expect(machine.size).toBe(isAtOnce ? 1 : 0);
});

test('The announcement that is published here is not replaced by what clients bring', () => {
  const { machine, keep, exited } = setUp();
  keep(0);
  const facts = { ...FACTS, title: 'Another title' };
  const client = { session: NIGHT, facts, isListener: true, timeoutMs: 20_000 };
  machine.handle({ kind: 'want', request: 1, ...client }, 10);
  exited(1, 20, 1);
  expect(machine.tick(machine.deadline())).toEqual([launchOf(2, 8100, NIGHT, true)]);
});

test('What a client knows of a session is kept when its SCX is found later', () => {
  const { machine, found, exited } = setUp();
  const facts = { ...FACTS, title: 'Night, renamed' };
  machine.handle({ kind: 'keep', session: NIGHT, facts }, 0);
  found(9, 10);
  expect(machine.keeps(idOf(1))).toBe(true);
  exited(1, 20, 1);
  expect(machine.keeps(idOf(9))).toBe(true);
  exited(9, 30, 1);
  const effects = machine.tick(machine.deadline());
  expect(effects).toMatchObject([{ kind: 'launch', order: { facts, rendezvous: true } }]);
});
