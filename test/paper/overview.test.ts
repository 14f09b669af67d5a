import { describe, expect, test } from 'vitest';
import { createSession, PROFILES, settlingMs } from './support.js';

describe('§3.2: Protocol overview', () => {
  for (const [name, config] of PROFILES) {
    const { addedEdgesMax, acceptedEdgesMax } = config;

    test(`§3.2: an SCX adds at most k1 edges and accepts at most k2, at any time (${name})`, () => {
      const session = createSession({ config, scxs: 40 });
      // The checker would throw at the step at which a limit is broken.
      session.pass(settlingMs(config));
      const added = session.views().map((v) => v.neighbours.filter((n) => n.ours).length);
      const accepted = session.views().map((v) => v.neighbours.filter((n) => !n.ours).length);
      expect(Math.max(...added)).toBe(addedEdgesMax);
      expect(Math.max(...accepted)).toBe(acceptedEdgesMax);
    });

    test(`§3.2: as k2 > k1, each newcomer finds k1 nodes with room for it (${name})`, () => {
      const session = createSession({ config, scxs: 30 });
      session.pass(settlingMs(config));
      const newcomers = [1, 2, 3, 4, 5].map(() => {
        const scx = session.world.add();
        session.pass(settlingMs(config) / 2);
        return scx;
      });
      for (const scx of newcomers) {
        const ours = scx.gossamer.view().neighbours.filter((neighbour) => neighbour.ours);
        expect(ours).toHaveLength(addedEdgesMax);
      }
      session.checker.checkConnected(session.world);
    });
  }
});
