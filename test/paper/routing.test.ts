import { describe, expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import { createPings } from '../../src/gossamer/routing/pings.js';
import { addressOf, createBench } from '../gossamer/support.js';
import { createSession, PROFILES, settlingMs, spreadingMs } from './support.js';

describe('§3.7: Routing layer', () => {
  for (const [name, config] of PROFILES) {
    test(`§3.7: a source SCX immediately has a zero-length entry to itself (${name})`, () => {
      const session = createSession({ config, scxs: 12 });
      session.pass(settlingMs(config));
      session.world.broadcast(session.scx(4), 100);
      const [source] = session.view(4).sources;
      expect(source).toMatchObject({ costMs: 0, path: [session.idOf(4)], scx: session.idOf(4) });
    });

    test(`§3.7: the entry reaches the whole session, one for each source SCX (${name})`, () => {
      const session = createSession({ config, scxs: 20 });
      session.pass(settlingMs(config));
      session.world.broadcast(session.scx(4), 1000);
      session.world.broadcast(session.scx(4), 1000);
      session.world.broadcast(session.scx(9), 1000);
      session.pass(spreadingMs(config));
      const since = session.world.now();
      session.pass(40_000);
      const both = [session.idOf(4), session.idOf(9)].toSorted();
      const tellers = new Set<number>();
      for (const { scx, what } of session.messages('update', since)) {
        if (what.message.kind !== 'update') continue;
        const scxs = what.message.routes.map((route) => route.scx).toSorted();
        expect(what.message.lost).toEqual([]);
        // A round sends the whole table; in between only changes are sent.
        if (what.message.whole) {
          expect(scxs).toEqual(both);
          tellers.add(scx.index);
        } else expect(both.filter((id) => scxs.includes(id))).toEqual(scxs);
      }
      expect(tellers.size).toBe(20);
      for (const view of session.views()) expect(view.sources).toHaveLength(3);
    });

    test(`§3.7: updates go to all neighbours periodically (${name})`, () => {
      const session = createSession({ config, scxs: 12 });
      session.pass(2 * settlingMs(config));
      const since = session.world.now();
      session.pass(10 * config.updateIntervalMs);
      const sent = session.messages('update', since).filter(({ scx }) => scx.index === 5);
      const degree = session.view(5).neighbours.length;
      expect(sent.length).toBeGreaterThanOrEqual(8 * degree);
      expect(sent.length).toBeLessThanOrEqual(14 * degree);
    });

    test(`§3.7: entries hold the complete path, over edges that exist, and never a loop (${name})`, () => {
      const session = createSession({ config, scxs: 30 });
      session.pass(settlingMs(config));
      session.world.broadcast(session.scx(4), 1000);
      for (let round = 0; round < 60; round++) {
        session.pass(1000);
        for (const view of session.views()) {
          const path = view.sources[0]?.path ?? [];
          expect(new Set(path).size).toBe(path.length);
          if (path.length === 0) continue;
          expect([path[0], path.at(-1)]).toEqual([view.self.id, session.idOf(4)]);
        }
      }
      session.pass(settlingMs(config));
      for (const view of session.views()) {
        const hop = view.sources[0]?.path[1];
        const ids = view.neighbours.map((neighbour) => neighbour.member.id);
        if (hop !== undefined) expect(ids).toContain(hop);
      }
    });

    test(`§3.7: no counting to infinity: the dead source is gone from all tables soon (${name})`, () => {
      const session = createSession({ config, scxs: 30 });
      session.pass(settlingMs(config));
      session.world.broadcast(session.scx(4), 1000);
      session.pass(settlingMs(config));
      const since = session.world.now();
      session.world.crash(session.scx(4));
      session.pass(1000 + 8 * config.updateDelayMs);
      for (const view of session.views()) expect(view.sources[0]?.path ?? []).toEqual([]);
      // Each SCX sends the change to each neighbour a few times at most.
      const updates = session.messages('update', since).length;
      expect(updates).toBeLessThan(29 * 7 * 4);
    });

    test(`§3.7: a withdrawn source is gone from all tables, and no SCX explores paths to it (${name})`, () => {
      const session = createSession({ config, scxs: 30 });
      session.pass(settlingMs(config));
      const source = session.world.broadcast(session.scx(4), 1000);
      session.pass(settlingMs(config));
      const since = session.world.now();
      session.scx(4).feed({ kind: 'withdrawSource', source });
      session.pass(config.triggersUpdates ? 8 * config.updateDelayMs + 500 : spreadingMs(config));
      for (const view of session.views()) expect(view.sources[0]?.path ?? []).toEqual([]);
      expect(session.count('sourceDown', since)).toBe(30);
    });

    test(`§3.7: the metric is the unicast distance, as measured by pings (${name})`, () => {
      const session = createSession({ config, scxs: 12, delayMs: () => 17 });
      session.pass(settlingMs(config));
      session.world.broadcast(session.scx(4), 1000);
      session.pass(settlingMs(config));
      for (const view of session.views()) {
        for (const { rttMs } of view.neighbours) expect(rttMs).toBeCloseTo(34, 5);
        const [source] = view.sources;
        expect(source?.costMs).toBeCloseTo(17 * (source!.path.length - 1), 5);
      }
    });

    test(`§3.7: a ping experiment takes the average of a small sequence of round trips (${name})`, () => {
      const bench = createBench(config);
      const measured: (number | undefined)[] = [];
      const pings = createPings(bench.context, {
        onMeasured: (_address, found) => void measured.push(found?.rttMs),
        onFailed: () => {},
      });
      pings.start(addressOf(1), 0);
      const trips = [10, 20, 60].slice(0, config.pingCount);
      let now = 0;
      for (const trip of trips) {
        now += trip;
        const [ping] = bench.sent();
        if (ping?.message.kind !== 'ping') throw new Error('no ping');
        const pong = { nonce: ping.message.nonce, place: UNKNOWN_COORDINATES };
        pings.handlePong(addressOf(1), { kind: 'pong', ...pong }, now);
      }
      expect(measured).toEqual([trips.reduce((a, b) => a + b) / config.pingCount]);
    });
  }
});
