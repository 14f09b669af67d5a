import { describe, expect, test } from 'vitest';
import { FAST } from '../../src/gossamer/core/config.js';
import type { SourceId } from '../../src/gossamer/core/node.js';
import type { SimulatedScx } from '../../src/simulator/world/simulated-scx.js';
import { sourceId } from '../gossamer/support.js';
import {
  createSession,
  heardOf,
  isContiguous,
  PROFILES,
  type Session,
  settlingMs,
  spreadingMs,
  timeUntil,
} from './support.js';

/** No neighbour but the parent is asked. */
const NEVER = Number.POSITIVE_INFINITY;

const parentOf = (scx: SimulatedScx): string | undefined =>
  scx.gossamer.view().sources[0]?.flows[0]?.parent;

const childrenOf = (scx: SimulatedScx): readonly string[] =>
  scx.gossamer.view().sources[0]?.flows[0]?.children ?? [];

/** Longer than the tree needs to be in place, and a newcomer's share of the past, ms. */
const LISTENED_MS = 15_000;

/** A session whose SCX 7 sends an ADU each 50 ms, with its tree in place. */
function createBroadcast(config: typeof FAST, scxs = 24): { session: Session; source: SourceId } {
  const session = createSession({ config, scxs });
  session.pass(settlingMs(config));
  const source = session.world.broadcast(session.scx(7), 50);
  session.pass(LISTENED_MS);
  return { session, source };
}

function publish(session: Session, source: SourceId, channel: number, sequence: number): void {
  const timestampMs = session.world.now();
  const payload = new Uint8Array(0);
  const adu = { source, channel, sequence, timestampMs, payload };
  session.scx(7).feed({ kind: 'publish', adu });
}

function expectNothingLost(session: Session, source: SourceId, behind = 30): void {
  expect(session.checker.totals.missed).toBe(0);
  const newest = heardOf(session, 7, source).at(-1)!;
  for (const { index } of session.world.live()) {
    const heard = heardOf(session, index, source);
    expect(isContiguous(heard)).toBe(true);
    expect(heard.at(-1)).toBeGreaterThan(newest - behind);
  }
}

describe('§3.8: Data distribution', () => {
  for (const [name, config] of PROFILES) {
    test(`§3.8: data follows the reverse of the routes: parents are next hops (${name})`, () => {
      const { session } = createBroadcast(config);
      session.pass(spreadingMs(config));
      let followed = 0;
      for (const scx of session.world.live()) {
        if (scx.index === 7) continue;
        const hop = scx.gossamer.view().sources[0]?.path[1];
        if (parentOf(scx) === hop) followed++;
        const parent = session.world
          .live()
          .find((other) => other.gossamer.self().id === parentOf(scx))!;
        expect(childrenOf(parent)).toContain(scx.gossamer.self().id);
      }
      // A change of routes may just be under way at one or two.
      expect(followed).toBeGreaterThanOrEqual(21);
      expect(parentOf(session.scx(7))).toBeUndefined();
    });

    test(`§3.8: an ADU travels each edge of the tree once, and no other (${name})`, () => {
      const { session } = createBroadcast(config);
      session.pass(settlingMs(config));
      const since = session.world.now();
      const delivered = session.checker.totals.delivered;
      session.pass(10_000);
      const forwards = session.effects.filter(
        ({ what, now }) => what.kind === 'forward' && now >= since,
      ).length;
      const fresh = session.checker.totals.delivered - delivered;
      // 200 ADUs over 23 edges; a change of routes sends some twice.
      expect(fresh).toBeGreaterThan(0.99 * 200 * 24);
      expect(forwards).toBeLessThan(1.1 * 200 * 23);
    });

    test(`§3.8: what does not come from the next hop is not forwarded (${name})`, () => {
      const { session, source } = createBroadcast(config);
      const scx = session.scx(3);
      const stranger = session.world
        .live()
        .find(({ index, gossamer }) => index !== 3 && gossamer.self().id !== parentOf(scx))!;
      const { next, stray } = scx.gossamer.view().sources[0]!.flows[0]!;
      const since = session.effects.length;
      scx.feed({
        kind: 'adu',
        from: stranger.gossamer.self().id,
        adu: {
          source,
          channel: config.channels[0]!,
          sequence: next!,
          timestampMs: 0,
          payload: new Uint8Array([66]),
        },
      });
      expect(session.effects.length).toBe(since);
      expect(scx.gossamer.view().sources[0]!.flows[0]!.stray).toBe(stray + 1);
    });

    test(`§3.8: each channel has a tree and connections of its own (${name})`, () => {
      const channels = [1, 2, 3];
      const { session, source } = createBroadcast({
        ...config,
        channels,
        witnessIntervalMs: NEVER,
      });
      for (const channel of [2, 3]) publish(session, source, channel, 0);
      session.pass(settlingMs(config));
      for (const view of session.views()) {
        const { flows } = view.sources[0]!;
        expect(flows.map((flow) => flow.channel)).toEqual(channels);
        expect(flows.slice(1).map((flow) => flow.delivered)).toEqual([1, 1]);
        if (view.self.id === session.idOf(7)) continue;
        for (const flow of flows) expect(flow.parent).toBeDefined();
      }
      const used = new Map<string, Set<number>>();
      for (const { scx, what } of session.effects) {
        if (what.kind !== 'sendData' || what.message.body.kind !== 'subscribe') continue;
        const { channel, body } = what.message;
        expect(body.channel).toBe(channel);
        const edge = `${scx.index} ${what.to.id}`;
        used.set(edge, (used.get(edge) ?? new Set()).add(channel));
      }
      for (const connections of used.values()) expect(connections.size).toBe(3);
    });

    test(`§3.8: a channel on which nothing is said causes no traffic (${name})`, () => {
      const { session, source } = createBroadcast({ ...config, channels: [1, 2] });
      session.pass(settlingMs(config));
      const since = session.effects.length;
      session.pass(20_000);
      const asked = session.effects
        .slice(since)
        .filter(({ what }) => what.kind === 'sendData' && what.message.channel === 2);
      // Some change parents.
      expect(asked.length).toBeLessThan(24);
      publish(session, source, 2, 0);
      session.pass(2000);
      for (const view of session.views()) expect(view.sources[0]?.flows[1]?.delivered).toBe(1);
    });

    test(`§3.8: a change of parents by the mesh loses and repeats no ADU (${name})`, () => {
      const { session, source } = createBroadcast(config, 30);
      session.pass(100_000);
      expect(session.count('parentChanged')).toBeGreaterThan(30);
      expectNothingLost(session, source);
    });

    test(`§3.8: the old parent delivers until the new one does (${name})`, () => {
      const { session, source } = createBroadcast(config);
      for (let round = 0; round < 6; round++) {
        for (const scx of session.world.live()) {
          const parent = parentOf(scx);
          const former = session.view(scx.index).neighbours.find((n) => n.member.id === parent);
          if (former?.ours !== true || scx.index % 6 !== round) continue;
          // The parent takes back the edge; the tree has to change.
          const from = former.member;
          scx.feed({ kind: 'received', from, message: { kind: 'edgeDrop', instead: null } });
        }
        session.pass(10_000);
      }
      const gaps = session.world.live().map(({ index }) => {
        const instants = session.delivered
          .filter(({ scx, what }) => scx.index === index && what.source === source)
          .map(({ now }) => now);
        return Math.max(
          ...instants.slice(1).map((instant, position) => instant - instants[position]!),
        );
      });
      expectNothingLost(session, source);
      // No SCX stood still for as long as it takes to notice a silent parent; or, where routes change
      // with the periodic updates only, for longer than from one to the next.
      const { triggersUpdates, stallMs, updateIntervalMs } = config;
      expect(Math.max(...gaps)).toBeLessThan(triggersUpdates ? stallMs : updateIntervalMs);
    });

    test(`§3.8: the death of a parent loses no ADU (${name})`, () => {
      const { session, source } = createBroadcast(config);
      for (let round = 0; round < 5; round++) {
        const busiest = session.world
          .live()
          .filter((scx) => scx.index !== 7 && scx.index !== 0)
          .toSorted((a, b) => childrenOf(b).length - childrenOf(a).length)[0]!;
        expect(childrenOf(busiest).length).toBeGreaterThan(0);
        session.world.crash(busiest);
        session.pass(15_000);
      }
      expectNothingLost(session, source);
    });

    test(`§3.8: the silent death of a parent loses no ADU (${name})`, () => {
      const { session, source } = createBroadcast(config);
      const parent = session.world
        .live()
        .filter((scx) => scx.index !== 7 && scx.index !== 0)
        .toSorted((a, b) => childrenOf(b).length - childrenOf(a).length)[0]!;
      session.world.vanish(parent);
      session.pass(60_000);
      expectNothingLost(session, source);
    });

    test(`§3.8: broken connections lose no ADU (${name})`, () => {
      // Beyond: a broken connection is no proof of a death.
      const beyond = { suspectsFirst: true, refutesDeaths: true, triggersUpdates: true };
      const { session, source } = createBroadcast({ ...config, ...beyond });
      session.world.network.breakRate = 0.001;
      session.pass(30_000);
      session.world.network.breakRate = 0;
      session.pass(20_000);
      expect(session.world.network.counters.broken).toBeGreaterThan(5);
      expectNothingLost(session, source);
    });

    test(`§3.8: a newcomer gets the recent ADUs at once (${name})`, () => {
      const { session, source } = createBroadcast(config);
      const newcomer = session.world.add();
      const isFed = (): boolean => heardOf(session, newcomer.index, source).length > 0;
      timeUntil(session, isFed, settlingMs(config));
      session.pass(200);
      const heard = heardOf(session, newcomer.index, source);
      // recentMs of ADUs, each 50 ms.
      expect(heard.length).toBeGreaterThanOrEqual(0.9 * (config.recentMs / 50));
      expect(heard.length).toBeLessThanOrEqual(1.2 * (config.recentMs / 50));
      expect(isContiguous(heard)).toBe(true);
    });

    test(`§3.8: the audience of a source is summed up along its tree (${name})`, () => {
      const { session, source } = createBroadcast(config);
      let total = 0;
      for (const scx of session.world.live()) {
        scx.feed({ kind: 'audience', listeners: scx.index });
        total += scx.index;
      }
      session.pass(config === FAST ? 12_000 : 60_000);
      const known = session.view(7).sources.find((each) => each.source.id === source);
      expect(known?.audience).toBe(total);
    });
  }

  test('§3.8: a newcomer that is 10 ms away from all hears its first ADU within a second', () => {
    const session = createSession({ config: FAST, scxs: 24, delayMs: () => 10 });
    session.pass(settlingMs(FAST));
    const source = session.world.broadcast(session.scx(7), 50);
    session.pass(settlingMs(FAST));
    for (let count = 0; count < 10; count++) {
      const newcomer = session.world.add();
      session.pass(1000);
      expect(heardOf(session, newcomer.index, source).length).toBeGreaterThan(0);
    }
  });

  test('§3.8: a source that pauses is received by all as soon as it continues, without a hole', () => {
    for (const pauseMs of [2000, 10_000, 60_000]) {
      const session = createSession({ config: FAST, scxs: 24 });
      session.pass(settlingMs(FAST));
      const source = sourceId(1);
      const announced = { id: source, priority: 1, epoch: 1 };
      session.scx(7).feed({ kind: 'announceSource', source: announced });
      let sequence = 0;
      const send = (forMs: number): void => {
        for (const until = session.world.now() + forMs; session.world.now() < until; ) {
          publish(session, source, 1, sequence++);
          session.pass(50);
        }
      };
      send(10_000);
      const before = session.effects.length;
      session.pass(pauseMs);
      const asked = session.effects.slice(before).filter(({ what }) => what.kind === 'sendData');
      // Each SCX asks its seven neighbours, then one more now and then, and reports its audience.
      expect(asked.length).toBeLessThan(24 * (2 * 7 + 6 + pauseMs / 1500));
      send(8000);
      session.pass(500);
      expect(session.checker.totals.missed).toBe(0);
      for (const { index } of session.world.live()) {
        const heard = heardOf(session, index, source);
        expect(isContiguous(heard)).toBe(true);
        expect(heard.at(-1)).toBe(sequence - 1);
      }
    }
  });
});
