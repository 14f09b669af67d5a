import { describe, expect, test } from 'vitest';
import { drive, type Machine } from '../../src/lib/machine.js';

/** An environment whose one wake-up is replaced by the next, as in overlay/ and the simulator. */
function createEnv() {
  const wakeUps: { instant: number; wake: () => void }[] = [];
  const performed: string[] = [];
  const env = {
    clock: 0,
    now: () => env.clock,
    perform: (effect: string) => void performed.push(effect),
    wakeAt: (instant: number, wake: () => void) => void wakeUps.push({ instant, wake }),
  };
  return {
    env,
    performed,
    wakeUps,
    /** Rings the wake-up asked for last. */
    ring: (at?: number) => {
      const last = wakeUps.at(-1)!;
      env.clock = at ?? last.instant;
      last.wake();
    },
  };
}

/** Ticks each `periodMs`; an input moves the next tick to its instant if that is sooner. */
function createTicker(periodMs: number): Machine<number, string> & { ticks: number[] } {
  let deadline = periodMs;
  const ticks: number[] = [];
  return {
    ticks,
    handle: (instant, now) => {
      deadline = Math.min(deadline, instant);
      return [`handled at ${now}`];
    },
    tick: (now) => {
      ticks.push(now);
      deadline = now + periodMs;
      return [`ticked at ${now}`];
    },
    deadline() {
      return deadline;
    },
  };
}

describe('The driver', () => {
  test('asks for a wake-up at the first deadline before any input', () => {
    const { env, wakeUps } = createEnv();
    drive(createTicker(100), env);
    expect(wakeUps.map((each) => each.instant)).toEqual([100]);
  });

  test('asks for none while the machine has no deadline', () => {
    const { env, wakeUps } = createEnv();
    drive(createTicker(Number.POSITIVE_INFINITY), env);
    expect(wakeUps).toEqual([]);
  });

  test('performs the effects of an input in order, at the present instant', () => {
    const { env, performed } = createEnv();
    const feed = drive(createTicker(100), env);
    env.clock = 7;
    feed(1000);
    feed(1000);
    expect(performed).toEqual(['handled at 7', 'handled at 7']);
  });

  test('ticks at the deadline and then asks for the next wake-up, once', () => {
    const { env, ring, wakeUps, performed } = createEnv();
    drive(createTicker(100), env);
    ring();
    ring();
    expect(performed).toEqual(['ticked at 100', 'ticked at 200']);
    expect(wakeUps.map((each) => each.instant)).toEqual([100, 200, 300]);
  });

  test('does not ask again while inputs leave the deadline where it is', () => {
    const { env, wakeUps } = createEnv();
    const feed = drive(createTicker(100), env);
    for (let count = 0; count < 1000; count++) feed(500);
    expect(wakeUps).toHaveLength(1);
  });

  test('asks for an earlier wake-up when an input brings the deadline forward', () => {
    const { env, ring, wakeUps } = createEnv();
    const ticker = createTicker(100);
    const feed = drive(ticker, env);
    feed(40);
    expect(wakeUps.map((each) => each.instant)).toEqual([100, 40]);
    ring();
    expect(ticker.ticks).toEqual([40]);
    expect(wakeUps.map((each) => each.instant)).toEqual([100, 40, 140]);
  });

  test('does not tick when it is woken early, and asks again', () => {
    const { env, ring, wakeUps } = createEnv();
    const ticker = createTicker(100);
    drive(ticker, env);
    ring(99);
    expect(ticker.ticks).toEqual([]);
    expect(wakeUps.map((each) => each.instant)).toEqual([100, 100]);
  });

  test('ticks once when it is woken late', () => {
    const { env, ring } = createEnv();
    const ticker = createTicker(100);
    drive(ticker, env);
    ring(950);
    expect(ticker.ticks).toEqual([950]);
  });
});
