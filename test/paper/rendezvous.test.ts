import { describe, expect, test } from 'vitest';
import {
  createSession,
  heardOf,
  isConnected,
  isContiguous,
  PROFILES,
  settlingMs,
  timeUntil,
} from './support.js';

describe('§3.4: Rendezvous', () => {
  for (const [name, config] of PROFILES) {
    test(`§3.4: a newcomer that knows only the rendezvous point finds all the others (${name})`, () => {
      const session = createSession({ config, scxs: 20 });
      session.pass(settlingMs(config));
      const newcomer = session.world.add();
      expect(newcomer.gossamer.view().membersKnown).toBe(0);
      session.pass(settlingMs(config));
      expect(newcomer.gossamer.view().membersKnown).toBe(20);
    });

    test(`§3.4: with several rendezvous points, newcomers get in while one is alive (${name})`, () => {
      const session = createSession({ config, scxs: 20, rendezvousPoints: 3 });
      session.pass(settlingMs(config));
      session.world.crash(session.scx(0));
      session.world.vanish(session.scx(2));
      session.pass(1000);
      const newcomer = session.world.add();
      const isIn = (): boolean => newcomer.gossamer.view().neighbours.length >= 2;
      timeUntil(session, isIn, settlingMs(config));
      timeUntil(session, () => isConnected(session), settlingMs(config));
    });

    test(`§3.4: with none alive the session continues for its members (${name})`, () => {
      const session = createSession({ config, scxs: 20, rendezvousPoints: 2 });
      session.pass(settlingMs(config));
      const source = session.world.broadcast(session.scx(10), 100);
      session.pass(settlingMs(config));
      session.world.crash(session.scx(0));
      session.world.crash(session.scx(1));
      session.pass(100_000);
      session.checker.checkConnected(session.world);
      expect(session.checker.totals.missed).toBe(0);
      for (const { index } of session.world.live()) {
        const heard = heardOf(session, index, source);
        expect(isContiguous(heard)).toBe(true);
        expect(heard.at(-1)).toBeGreaterThan((settlingMs(config) + 100_000) / 100 - 20);
      }
    });

    test(`§3.4: all that is lost then is that newcomers join, until one is back (${name})`, () => {
      const session = createSession({ config, scxs: 12 });
      session.pass(settlingMs(config));
      // No SCX can reach it for two minutes.
      session.world.network.cut((scx) => scx.index === 0);
      session.pass(30_000);
      const newcomer = session.world.add();
      session.pass(90_000);
      expect(newcomer.gossamer.view().membersKnown).toBe(0);
      expect(newcomer.gossamer.view().neighbours).toEqual([]);
      session.world.network.cut(undefined);
      timeUntil(session, () => newcomer.gossamer.view().neighbours.length >= 3, 60_000);
      timeUntil(session, () => isConnected(session), 30_000);
    });
  }
});
