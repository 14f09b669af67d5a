/** §4: the services that the radio builds on scattercast: loss recovery, buffering, skipping. */
import { describe, expect, test } from 'vitest';
import { FAST, type GossamerConfig } from '../../src/gossamer/core/config.js';
import type { Effect } from '../../src/gossamer/core/effects.js';
import { createLossyChain } from './lossy-chain.js';
import { createSession, heardOf, isContiguous } from './support.js';

const COUNT = 200;
const ALL = Array.from({ length: COUNT }, (_, sequence) => sequence);

/** The link from the source SCX loses each seventh ADU, once. */
function createSeventhLost() {
  const seen = new Set<number>();
  return createLossyChain((from, { sequence }) => {
    const isLost = from === 1 && sequence % 7 === 3 && !seen.has(sequence);
    seen.add(sequence);
    return isLost;
  });
}

/** SCXs 10 ms apart on a line, each with an edge to the next one or two; SCX 0 has the source. */
function createChain(config: GossamerConfig, scxs: number) {
  const changes = { addedEdgesMax: 1, acceptedEdgesMax: 2 };
  const delayMs = (from: number, to: number): number => 10 * Math.abs(from - to);
  const session = createSession({ config: { ...config, ...changes }, scxs, delayMs });
  session.pass(15_000);
  const source = session.world.broadcast(session.scx(0), 26);
  session.pass(5000);
  return { session, source };
}

const isDelivery = (effect: Effect): boolean => effect.kind === 'deliver';

describe('§4: Building services on top of scattercast', () => {
  test('§4: lost ADUs are recovered: every SCX delivers all of them, once and in order', () => {
    const { play, lost, delivered } = createSeventhLost();
    play(COUNT);
    expect(lost.length).toBeGreaterThan(25);
    for (const number of [1, 2, 3]) expect(delivered.get(number)).toEqual(ALL);
  });

  test('§4: loss recovery sends a retransmission request upstream towards the source', () => {
    const { play, sent } = createSeventhLost();
    play(COUNT);
    const requests = sent.filter(({ kind }) => kind === 'nack');
    expect(requests.length).toBeGreaterThan(20);
    expect(new Set(requests.map(({ from, to }) => `${from} > ${to}`))).toEqual(new Set(['2 > 1']));
  });

  test('§4: an SCX first attempts to recover the data itself: its child asks it, not the source', () => {
    const seen = new Set<number>();
    const { play, sent, lost, delivered } = createLossyChain((from, { sequence }) => {
      const isLost = from === 2 && sequence % 5 === 2 && !seen.has(sequence);
      if (from === 2) seen.add(sequence);
      return isLost;
    });
    play(COUNT);
    expect(lost.length).toBeGreaterThan(35);
    expect(delivered.get(3)).toEqual(ALL);
    const requests = sent.filter(({ kind }) => kind === 'nack');
    expect(new Set(requests.map(({ from, to }) => `${from} > ${to}`))).toEqual(new Set(['3 > 2']));
  });

  test('§4: where nothing is lost no retransmission is requested', () => {
    const { play, sent, delivered } = createLossyChain(() => false);
    play(COUNT);
    expect(delivered.get(3)).toEqual(ALL);
    expect(sent.filter(({ kind }) => kind === 'nack')).toEqual([]);
  });

  test('§4: an SCX buffers for a child whose link is held up, which then gets everything', () => {
    const { session, source } = createChain(FAST, 4);
    const child = session.world.live().find(({ index }) => index !== 0)!;
    const parent = child.gossamer.view().sources[0]!.flows[0]!.parent;
    const feeding = session.world.scxs.find((x) => x.gossamer.self().id === parent)!;
    const peer = child.gossamer.self().id;
    feeding.feed({ kind: 'congested', peer, channel: 1 });
    const since = session.world.now();
    session.pass(300);
    const forwarded = session.effects.filter(
      ({ scx, what, now }) =>
        scx === feeding && now > since && what.kind === 'forward' && what.to === peer,
    );
    expect(forwarded).toEqual([]);
    // The other SCXs hear the source meanwhile.
    const delivered = session.effects.filter(
      ({ scx, what, now }) => scx === feeding && now > since && isDelivery(what),
    );
    expect(delivered.length).toBeGreaterThan(8);
    feeding.feed({ kind: 'drained', peer, channel: 1 });
    session.pass(3000);
    expect(isContiguous(heardOf(session, child.index, source))).toBe(true);
    expect(session.checker.totals.missed).toBe(0);
  });
});
