/** §3 and §3.1: what the mesh is for: trees of a bounded degree, without loops, that heal. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../src/gossamer/core/node.js';
import {
  createSession,
  heardOf,
  isContiguous,
  PROFILES,
  type Session,
  settlingMs,
  timeUntil,
} from './support.js';

/** A session whose SCX 7 sends an ADU each 100 ms, with its tree in place. */
function createBroadcast(config: (typeof PROFILES)[number][1]) {
  const session = createSession({ config, scxs: 24 });
  session.pass(settlingMs(config));
  const source = session.world.broadcast(session.scx(7), 100);
  session.pass(settlingMs(config));
  return { session, source };
}

const childrenOf = (session: Session, index: number): readonly NodeId[] =>
  session.view(index).sources[0]?.flows[0]?.children ?? [];

/** The SCXs that the tree reaches from its root, each as often as it is reached. */
function reachedFrom(session: Session, root: number): number[] {
  const indexOf = new Map(session.world.scxs.map((scx) => [scx.gossamer.self().id, scx.index]));
  const reached: number[] = [];
  const open = [root];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    reached.push(index);
    // A loop would never end.
    if (reached.length > session.world.scxs.length) break;
    for (const child of childrenOf(session, index)) open.push(indexOf.get(child) as number);
  }
  return reached.sort((a, b) => a - b);
}

describe('§3: Gossamer', () => {
  for (const [name, config] of PROFILES) {
    test(`§3: the source sends to a handful of SCXs, which in turn forward (${name})`, () => {
      const { session } = createBroadcast(config);
      const ofSource = childrenOf(session, 7).length;
      expect(ofSource).toBeGreaterThan(0);
      expect(ofSource).toBeLessThanOrEqual(config.addedEdgesMax + config.acceptedEdgesMax);
      const forwarding = session.world.live().filter(({ index }) => {
        return index !== 7 && childrenOf(session, index).length > 0;
      });
      expect(forwarding.length).toBeGreaterThan(0);
    });

    test(`§3.1: the trees satisfy the degree constraints of the mesh (${name})`, () => {
      const { session } = createBroadcast(config);
      for (const { index } of session.world.live()) {
        const parents = index === 7 ? 0 : 1;
        const degree = childrenOf(session, index).length + parents;
        expect(degree).toBeLessThanOrEqual(config.addedEdgesMax + config.acceptedEdgesMax);
        expect(degree).toBeLessThanOrEqual(session.view(index).neighbours.length);
      }
    });

    test(`§3.1: the tree spans the session, and reaches each SCX once (${name})`, () => {
      const { session } = createBroadcast(config);
      const all = session.world.scxs.map(({ index }) => index);
      // During a change of parents one SCX is sent the stream by both.
      const isSpanned = (): boolean => `${reachedFrom(session, 7)}` === `${all}`;
      timeUntil(session, isSpanned, 2000);
    });

    test(`§3.1: when a node fails, routing constructs new paths around it (${name})`, () => {
      const { session, source } = createBroadcast(config);
      const busiest = session.world
        .live()
        .filter(({ index }) => index !== 7 && index !== 0)
        .sort((a, b) => childrenOf(session, b.index).length - childrenOf(session, a.index).length);
      const failed = busiest[0]!.index;
      expect(childrenOf(session, failed).length).toBeGreaterThan(0);
      session.world.crash(session.scx(failed));
      const others = session.world.scxs.map(({ index }) => index).filter((n) => n !== failed);
      const isSpanned = (): boolean => `${reachedFrom(session, 7)}` === `${others}`;
      timeUntil(session, isSpanned, settlingMs(config));
      session.pass(2000);
      for (const index of others) expect(isContiguous(heardOf(session, index, source))).toBe(true);
    });
  }
});
