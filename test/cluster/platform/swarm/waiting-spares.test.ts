import { describe, expect, test } from 'vitest';
import type { OpenLaunch, SpareQuestion } from '../../../../src/api/swarm/spare.js';
import { openLaunch } from '../../../../src/cluster/platform/swarm/scx-service.js';
import {
  createWaitingSpares,
  type WaitingSpares,
} from '../../../../src/cluster/platform/swarm/waiting-spares.js';
import { createLatch } from '../../../../src/runtime/latch.js';
import { afterTest } from '../../../after-test.js';
import { NIGHT } from '../../support.js';
import { launchOf } from './launches.js';

const OTHER = NIGHT.replace('night', 'day');

const spare = (service: string, machine = 'one'): SpareQuestion => ({
  ...{ service, machine, image: 'image' },
});

const sessionOf = (launch: OpenLaunch | undefined): string | undefined => launch?.session;

const openFor = (session: string): OpenLaunch => openLaunch(launchOf(1, { session }), []);

function open(): WaitingSpares {
  const spares = createWaitingSpares('image');
  afterTest(() => spares.close());
  return spares;
}

const staying = new Promise<void>(() => undefined);

describe('Spares that wait at a front end', () => {
  test('are given a session, and have taken it when they join', async () => {
    const spares = open();
    const asked = spares.ask(spare('a'), staying);
    const given = spares.give(openFor(NIGHT), []);
    expect(sessionOf(await asked)).toBe(NIGHT);
    expect(spares.isStarting(NIGHT)).toBe(false);
    spares.onJoin({ session: NIGHT, service: 'a' });
    expect(await given).toBe(true);
    expect([spares.isStarting(NIGHT), spares.list()]).toEqual([true, []]);
  });

  test('are taken in the same order by all front ends', async () => {
    const all = [open(), open()];
    const [first, second] = all.map((spares, index) => {
      const order = index === 0 ? ['a', 'b'] : ['b', 'a'];
      const asked = order.map((service) => spares.ask(spare(service), staying));
      void spares.give(openFor(NIGHT), []);
      return asked[order.indexOf('a')];
    });
    expect([sessionOf(await first), sessionOf(await second)]).toEqual([NIGHT, NIGHT]);
  });

  test('may have been given another session elsewhere: then the next one is asked', async () => {
    const spares = open();
    const asked = ['a', 'b'].map((service) => spares.ask(spare(service), staying));
    const given = spares.give(openFor(NIGHT), []);
    await asked[0];
    spares.onJoin({ session: OTHER, service: 'a' });
    expect(sessionOf(await asked[1])).toBe(NIGHT);
    spares.onJoin({ session: OTHER, service: 'b' });
    expect(await given).toBe(false);
  });

  test('may end at the moment at which they are given a session: then the next one is asked', async () => {
    const spares = open();
    const ended = createLatch();
    const asked = [spares.ask(spare('a'), ended.promise), spares.ask(spare('b'), staying)];
    void spares.give(openFor(NIGHT), []);
    expect(sessionOf(await asked[0])).toBe(NIGHT);
    ended.resolve();
    expect(sessionOf(await asked[1])).toBe(NIGHT);
  });

  test('are told again what they were given when the answer was lost', async () => {
    const spares = open();
    const asked = spares.ask(spare('a'), staying);
    const given = spares.give(openFor(NIGHT), []);
    await asked;
    expect(sessionOf(await spares.ask(spare('a'), staying))).toBe(NIGHT);
    spares.onJoin({ session: NIGHT, service: 'a' });
    expect(await given).toBe(true);
  });

  test('are given nothing once they have hung up, on a silent machine, or with another image', async () => {
    const spares = open();
    const gone = createLatch();
    const asked = spares.ask(spare('a'), gone.promise);
    gone.resolve();
    expect(await asked).toBeUndefined();
    void spares.ask(spare('b', 'silent'), staying);
    const left = createLatch();
    const other = spares.ask({ ...spare('c'), image: 'other' }, left.promise);
    expect(spares.isSpare('c')).toBe(true);
    left.resolve();
    expect(await other).toBeUndefined();
    expect(await spares.give(openFor(NIGHT), ['silent'])).toBe(false);
    expect(spares.list().map(({ service }) => service)).toEqual(['b']);
  });
});
