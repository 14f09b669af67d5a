/**
 * Golden traces of the exchanges that the paper describes, in profile `fast`: a reader sees the
 * protocol at work, and a change of it shows as a difference of text. See transcript.ts.
 */
import { describe, expect, test } from 'vitest';
import { FAST } from '../../src/gossamer/core/config.js';
import { createSession, type Session, timeUntil } from './support.js';
import { type Line, linesSince, matchTrace, transcriptOf } from './transcript.js';

/** One-way delays of SCXs that lie on a line, 10 ms apart. */
const onLine = (from: number, to: number): number => 10 * Math.abs(from - to);

function expectTrace(name: string, text: string): void {
  const { golden } = matchTrace(name, text);
  expect(text).toBe(golden);
}

const isOneOf =
  (...kinds: readonly string[]) =>
  ({ kind }: Line): boolean =>
    kinds.includes(kind);

const concerns =
  (...scxs: readonly number[]) =>
  ({ from, to }: Line): boolean =>
    scxs.includes(from) && (to === undefined || scxs.includes(to));

const until =
  (instant: number) =>
  ({ now }: Line): boolean =>
    now <= instant;

const EDGE_KINDS = [
  'requestStatus',
  'status',
  'edgeRequest',
  'edgeAccept',
  'edgeReject',
  'edgeDrop',
];

/** SCXs on a line that have settled. */
function createLine(
  scxs: number,
  more: Partial<typeof FAST> = {},
  rendezvousPoints = 1,
  seed = 1,
): Session {
  const config = { ...FAST, ...more };
  const session = createSession({ config, scxs, rendezvousPoints, delayMs: onLine, seed });
  session.pass(15_000);
  return session;
}

describe('§3: The protocol as a transcript', () => {
  test('§3.4, §3.3: a newcomer joins by a rendezvous point', () => {
    const session = createLine(3);
    const since = session.world.now();
    session.world.add();
    session.pass(400);
    const head = [
      '§3.4, §3.3: SCX 3 joins a session of SCXs 0, 1 and 2 by the rendezvous point 0.',
      'They lie on a line, 10 ms apart. Messages of SCX 3 until its first edge; pings left out.',
    ];
    const lines = linesSince(session, since).filter(({ from, to }) => from === 3 || to === 3);
    const end = lines.find(({ kind }) => kind === 'edgeUp')?.now ?? Number.NaN;
    const shown = lines.filter(until(end)).filter(({ kind }) => kind !== 'ping' && kind !== 'pong');
    expectTrace('join', transcriptOf(head, shown, since));
  });

  test('§3.6: a probe finds a full node that exchanges an edge for a better one', () => {
    const session = createLine(8, { addedEdgesMax: 1, acceptedEdgesMax: 2 }, 1, 11);
    session.world.broadcast(session.scx(0), 5000);
    const evicted = () =>
      session.events.find(({ what }) => what.kind === 'edgeDown' && what.reason === 'evicted');
    timeUntil(session, () => evicted() !== undefined, 60_000);
    session.pass(200);
    const found = evicted()!;
    const all = linesSince(session, found.now - 200);
    const host = found.scx.index;
    const accept = all.find(
      ({ from, kind, now }) => from === host && kind === 'edgeAccept' && now === found.now,
    )!;
    const victim = all.find(
      ({ from, kind, now }) => from === host && kind === 'edgeDrop' && now === found.now,
    )!;
    const asker = accept.to!;
    const probe = all.filter(
      ({ from, to, kind, now }) =>
        from === asker && to === host && kind === 'requestStatus' && now <= found.now,
    );
    const since = probe.at(-1)!.now;
    const head = [
      `§3.6: SCX ${asker} probes SCX ${host}, which is full and evicts SCX ${victim.to} for it.`,
      'SCXs 0 to 7 lie on a line, 10 ms apart; k1 = 1, k2 = 2; source A is at SCX 0.',
    ];
    const isShown = isOneOf(...EDGE_KINDS, 'ping', 'pong', 'edgeUp', 'edgeDown');
    const shown = all
      .filter(({ now }) => now >= since && now <= found.now + 100)
      .filter(concerns(asker, host, victim.to!))
      .filter(isShown);
    expectTrace('edge-exchange', transcriptOf(head, shown, since));
  });

  test('§3.7, §3.8: a source is announced, and the SCXs subscribe along its routes', () => {
    const session = createLine(4, { addedEdgesMax: 1, acceptedEdgesMax: 2, channels: [1] });
    const since = session.world.now();
    session.world.broadcast(session.scx(0), 400);
    session.pass(450);
    const head = [
      '§3.7, §3.8: source A attaches to SCX 0 and publishes an ADU each 400 ms.',
      'SCXs 0 to 3 lie on a line, 10 ms apart; k1 = 1, k2 = 2.',
    ];
    const kinds = ['update', 'subscribe', 'subscribed', 'forward', 'deliver'];
    const shown = linesSince(session, since).filter(isOneOf(...kinds, 'sourceUp', 'parentChanged'));
    expectTrace('announce-and-subscribe', transcriptOf(head, shown, since));
  });

  test('§3.5: an SCX that leaves floods a notice', () => {
    const session = createLine(5);
    const since = session.world.now();
    session.scx(2).feed({ kind: 'leave' });
    session.pass(500);
    const head = [
      '§3.5: SCX 2 leaves a session of SCXs 0 to 4, which lie on a line, 10 ms apart.',
      'Each neighbour propagates the notice once; duplicates are dropped.',
    ];
    const kinds = ['notice', 'memberLeft', 'edgeDown', 'left'];
    const shown = linesSince(session, since).filter(isOneOf(...kinds));
    expectTrace('leave', transcriptOf(head, shown, since));
  });

  test('§3.5: a partition is noticed by the lost heartbeat, and healed when it ends', () => {
    const session = createLine(6);
    const since = session.world.now();
    session.world.network.cut((scx) => scx.index >= 4);
    session.pass(6000);
    session.world.network.cut(undefined);
    const ended = session.world.now();
    timeUntil(session, () => session.view(4).generator === session.idOf(0), 30_000);
    timeUntil(session, () => session.view(5).generator === session.idOf(0), 30_000);
    const head = [
      '§3.5: SCXs 4 and 5 are cut off from SCXs 0 to 3 at 0 ms; the cut ends at 6000 ms.',
      'SCX 0 is the rendezvous point and generates the heartbeat. What SCX 4 says and hears of it.',
    ];
    const isTold = isOneOf('partitionSuspected', 'heartbeatHeard', 'edgeUp', 'edgeDown', 'locate');
    const isSaid = isOneOf(...EDGE_KINDS, 'discovery', 'discoveryResponse');
    const shown = linesSince(session, since).filter((line) => {
      if (line.from !== 4 && line.to !== 4) return false;
      return isTold(line) || (line.now >= ended && isSaid(line));
    });
    const end = shown.find(({ kind, now }) => kind === 'heartbeatHeard' && now >= ended)!.now;
    expectTrace('partition', transcriptOf(head, shown.filter(until(end)), since));
  });
});
