import { describe, expect, test } from 'vitest';
import { FAST, PAPER } from '../../src/gossamer/core/config.js';
import { createSession, PROFILES, settlingMs } from './support.js';

const share = (flags: readonly boolean[]): number =>
  flags.filter((flag) => flag).length / flags.length;

describe('§3.3: Node discovery', () => {
  test('§3.3: an SCX sends DISCOVERY to one random member each round and gets its list back', () => {
    const session = createSession({ config: PAPER, scxs: 20 });
    session.pass(120_000);
    const sent = session.messages('discovery', 60_000);
    const answered = session.messages('discoveryResponse', 60_000);
    // 20 SCXs, a round of 5 s each; the rendezvous point is called in addition.
    expect(sent.length).toBeGreaterThan(0.8 * 20 * 12);
    expect(sent.length).toBeLessThan(1.2 * 20 * 12);
    expect(Math.abs(sent.length - answered.length)).toBeLessThan(10);
    const targets = new Set(sent.filter(({ scx }) => scx.index === 3).map(({ what }) => what.to));
    expect(targets.size).toBeGreaterThan(4);
  });

  test('§3.3: lists hold at most 30 members, and differ from round to round', () => {
    const session = createSession({ config: PAPER, scxs: 60 });
    session.pass(120_000);
    const lists = session.messages('discovery').map(({ what, scx }) => {
      const { message } = what;
      return { scx, members: message.kind === 'discovery' ? message.members : [] };
    });
    // The sender itself comes first, so that it is known.
    for (const { scx, members } of lists) {
      expect(members.length).toBeLessThanOrEqual(31);
      expect(members[0]?.member.id).toBe(scx.gossamer.self().id);
    }
    const ofOne = lists.filter(({ scx }) => scx.index === 7).slice(-2);
    expect(ofOne[0]?.members).not.toEqual(ofOne[1]?.members);
  });

  test('§3.3: the exchange goes in both directions: the asker and the answerer learn', () => {
    const session = createSession({ config: PAPER, scxs: 3, apartMs: 20_000 });
    session.pass(39_000);
    // SCX 1 asked the rendezvous point; both know each other.
    expect(session.view(0).membersKnown).toBe(1);
    expect(session.view(1).membersKnown).toBe(1);
    session.pass(2000);
    // SCX 2 has asked SCX 0 only, and has learned of SCX 1 from its answer.
    expect(session.view(2).membersKnown).toBe(2);
    expect(session.view(0).membersKnown).toBe(2);
  });

  test('§3.3: of 100 SCXs all know nine tenths of the others within 45 s, everyone in 2 minutes', () => {
    const session = createSession({ config: PAPER, scxs: 100 });
    // They join within 5 s. Figure 6 has nine tenths after 20 s; the experiments compare.
    session.pass(45_000);
    expect(share(session.views().map((view) => view.membersKnown >= 90))).toBe(1);
    session.pass(20_000);
    expect(share(session.views().map((view) => view.membersKnown === 99))).toBeGreaterThan(0.85);
    session.pass(60_000);
    expect(share(session.views().map((view) => view.membersKnown === 99))).toBe(1);
  });

  test('§3.3: rounds that begin fast let everybody be known within seconds', () => {
    const session = createSession({ config: FAST, scxs: 60 });
    session.pass(3000 + 6000);
    expect(share(session.views().map((view) => view.membersKnown === 59))).toBe(1);
  });

  for (const [name, config] of PROFILES) {
    test(`§3.3: a newcomer is known to everyone after a while (${name})`, () => {
      const session = createSession({ config, scxs: 30 });
      session.pass(settlingMs(config));
      session.world.add();
      session.pass(settlingMs(config));
      expect(session.views().every((view) => view.membersKnown === 30)).toBe(true);
    });
  }
});
