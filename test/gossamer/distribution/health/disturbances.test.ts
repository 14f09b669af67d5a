/** Each cause of a disturbance, as it comes about in a session, and what is counted then. */
import { expect, test } from 'vitest';
import { FAST } from '../../../../src/gossamer/core/config.js';
import type { Disturbances } from '../../../../src/gossamer/distribution/health/disturbances.js';
import type { SimulatedScx } from '../../../../src/simulator/world/simulated-scx.js';
import { createSession, type Session } from '../../../paper/support.js';

const ADU_MS = 26;

/** Twelve SCXs, of which the first has a source; a parent that is not it, with its two children. */
function createTree() {
  const session = createSession({ config: FAST, scxs: 12, seed: 2, recordsEffects: false });
  session.pass(15_000);
  session.world.broadcast(session.scx(0), ADU_MS);
  session.pass(5000);
  const parent = session.world.scxs.find((scx, n) => n > 0 && childrenOf(session, scx).length > 0);
  if (parent === undefined) throw new Error('nobody has a child');
  return { session, parent, children: childrenOf(session, parent) };
}

const childrenOf = ({ world }: Session, parent: SimulatedScx): SimulatedScx[] => {
  const ids = parent.gossamer.view().sources[0]?.flows[0]?.children ?? [];
  return world.scxs.filter((scx) => ids.includes(scx.gossamer.self().id));
};

const seenBy = (scx: SimulatedScx): Disturbances => {
  const { failovers, stallMs, repaired, lost } = scx.gossamer.view().disturbances;
  return { failovers: { ...failovers }, stallMs, repaired: { ...repaired }, lost: { ...lost } };
};

/** What was counted at the children while something happened to their parent. */
function disturb(happens: (session: Session, parent: SimulatedScx) => void): Disturbances[] {
  const { session, parent, children } = createTree();
  const before = children.map(seenBy);
  happens(session, parent);
  return children.map((child, index) => {
    const [seen, old] = [seenBy(child), before[index] as Disturbances];
    for (const cause of Object.keys(seen.failovers) as (keyof Disturbances['failovers'])[]) {
      seen.failovers[cause] -= old.failovers[cause];
    }
    seen.repaired.failover -= old.repaired.failover;
    seen.stallMs -= old.stallMs;
    return seen;
  });
}

const NOTHING_LOST = { unkept: 0, givenUp: 0, behind: 0 };

test('A quiet night has no stall, no repair and no loss', () => {
  for (const seen of disturb((session) => session.pass(10_000))) {
    expect(seen.stallMs).toBe(0);
    expect(seen.repaired).toEqual({ failover: 0, retransmission: 0 });
    expect(seen.lost).toEqual(NOTHING_LOST);
    expect(seen.failovers).toMatchObject({ closed: 0, silent: 0, behind: 0, left: 0 });
  }
});

test('The death of a parent is one failover: closed', () => {
  const all = disturb((session, parent) => {
    session.world.crash(parent);
    session.pass(2000);
  });
  for (const seen of all) {
    expect(seen.failovers).toMatchObject({ closed: 1, silent: 0, behind: 0, left: 0 });
    expect(seen.lost).toEqual(NOTHING_LOST);
  }
});

test('A parent that hangs is one failover: silent; frames come from the next cache', () => {
  const all = disturb((session, parent) => {
    session.world.freeze(parent);
    session.pass(2000);
  });
  for (const seen of all) {
    expect(seen.failovers).toMatchObject({ closed: 0, silent: 1, behind: 0, left: 0 });
    expect(seen.stallMs).toBeGreaterThanOrEqual(300);
    expect(seen.stallMs).toBeLessThan(1000);
    // Each frame that was due in the stall, one more or less.
    expect(Math.abs(seen.repaired.failover - seen.stallMs / ADU_MS)).toBeLessThan(4);
    expect(seen.lost).toEqual(NOTHING_LOST);
  }
});

test('A parent whose link to a child carries half is one failover there: behind', () => {
  const { session, parent, children } = createTree();
  const before = session.views().map(({ self }) => self.id);
  const child = children[0] as SimulatedScx;
  const seen = seenBy(child);
  session.world.network.narrow(parent, child, 2 * ADU_MS);
  session.pass(6000);
  expect(child.gossamer.view().sources[0]?.flows[0]?.parent).not.toBe(parent.gossamer.self().id);
  expect(seenBy(child).failovers.behind - seen.failovers.behind).toBe(1);
  for (const scx of session.world.scxs) expect(seenBy(scx).lost).toEqual(NOTHING_LOST);
  // No other SCX has noticed: neither the child's siblings, nor those below it.
  const others = session.world.scxs.filter((scx) => scx !== child);
  for (const scx of others) expect(seenBy(scx).failovers.behind).toBe(0);
  for (const scx of children.slice(1)) expect(seenBy(scx).stallMs).toBe(0);
  expect(session.views().map(({ self }) => self.id)).toEqual(before);
});

test('A child that has no better parent skips to live, and plays on', () => {
  const { session, parent, children } = createTree();
  const child = children[0] as SimulatedScx;
  for (const scx of session.world.scxs) session.world.network.narrow(scx, child, 2 * ADU_MS);
  session.pass(120_000);
  const seen = seenBy(child);
  expect(seen.lost.behind).toBeGreaterThan(0);
  expect(seen.lost).toMatchObject({ unkept: 0, givenUp: 0 });
  const [next, newest] = [child, session.scx(0)].map(
    (scx) => scx.gossamer.view().sources[0]?.flows[0]?.next ?? 0,
  );
  expect((newest ?? 0) - (next ?? 0)).toBeLessThan((1.5 * FAST.cacheMs) / ADU_MS);
  // Half of what the source sent is what the link carries.
  expect(seen.lost.behind).toBeLessThan((0.6 * 120_000) / ADU_MS);
  for (const scx of children.slice(1)) expect(seenBy(scx).stallMs).toBe(0);
  expect(childrenOf(session, parent).length).toBeGreaterThan(0);
});

test('A parent that leaves is one failover: left; and no flow stalls', () => {
  const all = disturb((session, parent) => {
    parent.feed({ kind: 'leave' });
    session.pass(4000);
  });
  for (const seen of all) {
    expect(seen.failovers).toMatchObject({ closed: 0, silent: 0, behind: 0, left: 1 });
    expect([seen.stallMs, seen.lost]).toEqual([0, NOTHING_LOST]);
  }
});
