/**
 * One neighbour lies once, about others. No SCX can recognise a lie (§7 leaves security to later),
 * so a lie may do harm; but the session must recover afterwards, by what all the others say.
 */
import { describe, expect, test } from 'vitest';
import { FAST } from '../../src/gossamer/core/config.js';
import type { Message } from '../../src/gossamer/core/message.js';
import type { NodeId } from '../../src/gossamer/core/node.js';
import { createSession, type Session } from '../paper/support.js';

const MAX = Number.MAX_SAFE_INTEGER;

/** Eight SCXs; the source is at the fourth, and the sixth hears the lie from a neighbour. */
function createDeceived() {
  const session = createSession({ config: FAST, scxs: 8, rendezvousPoints: 1 });
  session.pass(10_000);
  const source = session.world.announce(session.scx(3));
  session.pass(5000);
  const deceived = session.scx(5);
  const liar = deceived.gossamer.view().neighbours[0]!.member;
  const lie = (message: Message): void => deceived.feed({ kind: 'received', from: liar, message });
  return { session, source, liar: liar.id, lie };
}

const knowing = (session: Session): number =>
  session.views().filter(({ sources }) => sources.length > 0).length;

const changeOf = (change: Partial<Extract<Message, { kind: 'update' }>>): Message => ({
  ...{ kind: 'update', whole: false, routes: [], lost: [], withdrawn: [] },
  ...change,
});

const fakeRoute = (liar: NodeId, scx: NodeId, stamp: number) => ({
  ...{ scx, stamp, costMs: 0, path: [liar, scx], sources: [] },
});

describe('A session', () => {
  for (const stamp of [2, 900, 1_000_000, MAX]) {
    test(`keeps a source that a liar withdraws up to stamp ${stamp}`, () => {
      const { session, lie } = createDeceived();
      lie(changeOf({ withdrawn: [{ scx: session.idOf(3), stamp }] }));
      session.pass(5000);
      expect(knowing(session)).toBe(8);
    });

    test(`finds a source again that a liar takes from its SCX with stamp ${stamp}`, () => {
      const { session, lie, liar } = createDeceived();
      lie(changeOf({ routes: [fakeRoute(liar, session.idOf(3), stamp)] }));
      // Until the impersonated neighbour sends its whole table again.
      session.pass(1.2 * FAST.updateIntervalMs);
      expect(knowing(session)).toBe(8);
    });
  }

  test('receives its heartbeat again after a liar has used up all its numbers', () => {
    const { session, lie } = createDeceived();
    lie({ kind: 'heartbeat', generator: session.idOf(0), sequence: MAX });
    session.pass(12 * FAST.heartbeatTimeoutMs);
    expect(session.views().map(({ generator }) => generator)).toEqual(
      new Array(8).fill(session.idOf(0)),
    );
  });

  test('stops repeating a withdrawal, though not all SCXs forget it at one instant', () => {
    const { session, source } = createDeceived();
    session.scx(3).feed({ kind: 'withdrawSource', source });
    session.pass(200_000);
    const since = session.world.now();
    session.pass(60_000);
    const told = session
      .messages('update', since)
      .filter(({ what }) => 'withdrawn' in what.message && what.message.withdrawn.length > 0);
    expect(told).toEqual([]);
  });
});
