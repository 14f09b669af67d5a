import { describe, expect, test } from 'vitest';
import type { Notice } from '../../src/gossamer/core/message.js';
import {
  createSession,
  heardOf,
  isContiguous,
  PROFILES,
  type Session,
  settlingMs,
} from './support.js';

const noticesSince = (session: Session, since: number): Notice[] =>
  session
    .messages('notice', since)
    .flatMap(({ what }) => (what.message.kind === 'notice' ? [what.message.notice] : []));

/** A mesh hop takes at most 53 ms here, and a notice crosses the mesh in a few. */
const FLOOD_MS = 500;

/** The longest way of a notice in these sessions, hops. */
const HOPS_MAX = 4;

describe('§3.5: SCX leaves', () => {
  for (const [name, config] of PROFILES) {
    test(`§3.5: an SCX that leaves floods a time-stamped notification, and duplicates are not passed on (${name})`, () => {
      const session = createSession({ config, scxs: 24 });
      session.pass(settlingMs(config));
      const start = session.world.now();
      const leaver = session.scx(7);
      const edges = session.views().reduce((sum, view) => sum + view.neighbours.length, 0);
      leaver.feed({ kind: 'leave' });
      session.pass(FLOOD_MS);
      const notices = noticesSince(session, start).filter((notice) => notice.what === 'left');
      expect(new Set(notices.map((notice) => notice.atMs))).toEqual(new Set([start]));
      expect(new Set(notices.map((notice) => notice.about.id))).toEqual(new Set([session.idOf(7)]));
      // Each SCX sends it over each of its edges at most once.
      expect(notices.length).toBeGreaterThanOrEqual(23);
      expect(notices.length).toBeLessThanOrEqual(edges);
      expect(session.count('memberLeft', start)).toBe(23);
    });

    test(`§3.5: the others remove it from their membership set, for good (${name})`, () => {
      const session = createSession({ config, scxs: 24 });
      session.pass(settlingMs(config));
      session.scx(7).feed({ kind: 'leave' });
      session.pass(FLOOD_MS);
      expect(session.views().every((view) => view.membersKnown === 22)).toBe(true);
      // Gossip does not bring it back.
      session.pass(120_000);
      expect(session.views().every((view) => view.membersKnown === 22)).toBe(true);
      expect(session.scx(7).gossamer.view().state).toBe('left');
    });

    test(`§3.5: many that leave at once cause no storm (${name})`, () => {
      const session = createSession({ config, scxs: 24 });
      session.pass(settlingMs(config));
      const start = session.world.now();
      const leaving = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
      for (const index of leaving) session.scx(index).feed({ kind: 'leave' });
      session.pass(config.drainMs + 1000);
      // Each notice over each of the at most 7 edges of each SCX.
      expect(noticesSince(session, start).length).toBeLessThan(leaving.length * 24 * 7);
      session.pass(settlingMs(config));
      session.checker.checkConnected(session.world);
    });

    test(`§3.5: an SCX that fails without warning is noticed by lost KEEP_ALIVEs and reported (${name})`, () => {
      const session = createSession({ config, scxs: 24 });
      session.pass(settlingMs(config));
      const start = session.world.now();
      session.world.vanish(session.scx(7));
      const { keepAliveIntervalMs, keepAliveMisses } = config;
      session.pass((keepAliveMisses - 1) * keepAliveIntervalMs);
      expect(session.count('memberFailed', start)).toBe(0);
      // Silent is not died: it is asked before its failure is reported.
      session.pass(2 * keepAliveIntervalMs + config.answerTimeoutMs + FLOOD_MS);
      expect(session.count('memberFailed', start)).toBeGreaterThan(0);
      // Beyond: each SCX asks it itself before it believes the report and passes it on.
      session.pass(config.verifiesFailures ? HOPS_MAX * config.answerTimeoutMs : 0);
      expect(session.count('memberFailed', start)).toBe(23);
      expect(session.views().every((view) => view.membersKnown === 22)).toBe(true);
    });

    test(`§3.5: a process that dies is noticed at once, by its closed connections (${name})`, () => {
      const session = createSession({ config, scxs: 24 });
      session.pass(settlingMs(config));
      const start = session.world.now();
      session.world.crash(session.scx(7));
      session.pass(FLOOD_MS);
      expect(session.count('memberFailed', start)).toBe(23);
    });

    test(`§3.5: KEEP_ALIVE goes to each neighbour in each interval (${name})`, () => {
      const session = createSession({ config, scxs: 10 });
      session.pass(settlingMs(config));
      const start = session.world.now();
      const neighbours = session.view(4).neighbours.length;
      session.pass(10 * config.keepAliveIntervalMs);
      const sent = session.messages('keepAlive', start).filter(({ scx }) => scx.index === 4);
      expect(Math.abs(sent.length - 10 * neighbours)).toBeLessThanOrEqual(2 * neighbours);
    });

    test(`§3.5: a death triggers updates in the routing layer (${name})`, () => {
      const session = createSession({ config, scxs: 24 });
      session.pass(settlingMs(config));
      session.world.broadcast(session.scx(3), 100);
      session.pass(settlingMs(config));
      const parents = session.views().flatMap((view) => view.sources[0]?.path[1] ?? []);
      const busiest = session.world
        .live()
        .filter((scx) => scx.index > 0 && scx.index !== 3)
        .toSorted((a, b) => {
          const children = (id: string): number => parents.filter((each) => each === id).length;
          return children(b.gossamer.self().id) - children(a.gossamer.self().id);
        })[0]!;
      const { id } = busiest.gossamer.self();
      expect(parents).toContain(id);
      session.world.crash(busiest);
      session.pass(FLOOD_MS + 2 * config.updateDelayMs);
      for (const view of session.views()) expect(view.sources[0]?.path).not.toContain(id);
    });

    test(`§3.5: an SCX that was only slow proves that it is alive, and returns (${name})`, () => {
      const session = createSession({ config, scxs: 24 });
      session.pass(settlingMs(config));
      const source = session.world.broadcast(session.scx(7), 100);
      session.pass(settlingMs(config));
      const start = session.world.now();
      session.world.freeze(session.scx(3));
      const neighbours = session.view(3).neighbours.length;
      session.pass(6 * config.keepAliveIntervalMs);
      // Beyond: all others have yet to ask it themselves.
      const failed = config.verifiesFailures ? neighbours : 23;
      expect(session.count('memberFailed', start)).toBe(failed);
      const thawed = session.world.now();
      session.world.thaw(session.scx(3));
      session.pass(settlingMs(config));
      expect(session.views().every((view) => view.membersKnown === 23)).toBe(true);
      // Beyond: it does not accuse the neighbours that gave it up.
      if (config.suspectsFirst) expect(session.count('memberFailed', thawed)).toBe(0);
      session.checker.checkConnected(session.world);
      const newest = heardOf(session, 7, source).at(-1)!;
      expect(heardOf(session, 3, source).at(-1)).toBeGreaterThan(newest - 20);
    });

    test(`§3.5: a source SCX that was only slow is received again by all (${name})`, () => {
      const session = createSession({ config, scxs: 24 });
      session.pass(settlingMs(config));
      const source = session.world.broadcast(session.scx(7), 100);
      session.pass(settlingMs(config));
      session.world.freeze(session.scx(7));
      session.pass(6 * config.keepAliveIntervalMs);
      session.world.thaw(session.scx(7));
      session.pass(settlingMs(config) / 2);
      const newest = heardOf(session, 7, source).at(-1)!;
      for (const { index } of session.world.live()) {
        expect(heardOf(session, index, source).at(-1)).toBeGreaterThan(newest - 30);
      }
    });

    test(`§3.5: a leave with listeners below loses no ADU (${name})`, () => {
      const session = createSession({ config, scxs: 24 });
      session.pass(settlingMs(config));
      const source = session.world.broadcast(session.scx(7), 50);
      session.pass(settlingMs(config));
      for (const index of [2, 9, 14, 20]) session.scx(index).feed({ kind: 'leave' });
      session.pass(20_000);
      expect(session.checker.totals.missed).toBe(0);
      for (const { index } of session.world.live()) {
        expect(isContiguous(heardOf(session, index, source))).toBe(true);
      }
    });
  }
});
