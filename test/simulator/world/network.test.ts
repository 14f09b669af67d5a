import { describe, expect, test } from 'vitest';
import type { Input } from '../../../src/gossamer/core/effects.js';
import type { Address, Member, NodeId, SourceId } from '../../../src/gossamer/core/node.js';
import { createRng } from '../../../src/lib/rng.js';
import { createClock } from '../../../src/simulator/world/clock.js';
import { createNetwork } from '../../../src/simulator/world/network.js';
import type { SimulatedScx } from '../../../src/simulator/world/simulated-scx.js';
import { aduOf } from '../../gossamer/support.js';

const SOURCE = 'a0a0a0a0a0a0a0a0' as SourceId;
const PING = { kind: 'ping', nonce: 1 } as const;
const SUBSCRIBE = { kind: 'subscribe', source: SOURCE, channel: 1, from: null } as const;

/** Three SCXs without machines, 10 ms from each other, that record what they are fed, and when. */
function scene() {
  const clock = createClock();
  const fed: [index: number, atMs: number, what: string][] = [];
  const describeInput = (input: Input): string => {
    if (input.kind === 'received' || input.kind === 'dataReceived') return input.message.kind;
    if (input.kind === 'linkDown') return `linkDown ${input.reason}`;
    if (input.kind === 'dataDown') return `dataDown ${input.peerIs}`;
    return input.kind === 'adu' ? `adu ${input.adu.sequence}` : input.kind;
  };
  const scxOf = (index: number): SimulatedScx => {
    const address = `scx${index}:1` as Address;
    const id = `${index}`.repeat(32) as NodeId;
    const self: Member = { id, address, incarnation: 1, rendezvous: false };
    return {
      index,
      address,
      gossamer: { self: () => self } as SimulatedScx['gossamer'],
      feed: (input) => void fed.push([index, clock.now(), describeInput(input)]),
      ...{ isUp: true, hasVanished: false, isFrozen: false, isLiar: false, relays: true },
    };
  };
  const scxs = [scxOf(0), scxOf(1), scxOf(2)] as const;
  const network = createNetwork({
    ...{ rng: createRng(1), delayMs: () => 10, now: clock.now, at: clock.at },
    find: (address) => scxs.find((scx) => scx.address === address),
  });
  /** What was fed since the last call. */
  const run = (untilMs: number) => {
    clock.runUntil(untilMs);
    return fed.splice(0);
  };
  return { network, scxs, run };
}

describe('The simulated network', () => {
  test('delivers a message after the delay, and closes a connection that is no longer needed', () => {
    const { network, scxs, run } = scene();
    network.send(scxs[0], scxs[1].address, PING);
    expect(run(100)).toEqual([[1, 10, 'ping']]);
    network.hangUp(scxs[0], scxs[1].address);
    expect(run(2000)).toEqual([
      [0, 1110, 'linkDown closed'],
      [1, 1110, 'linkDown closed'],
    ]);
    expect(network.counters).toEqual({ messages: 1, adus: 0, broken: 0 });
  });

  test('keeps a connection that is used again', () => {
    const { network, scxs, run } = scene();
    network.send(scxs[0], scxs[1].address, PING);
    network.hangUp(scxs[0], scxs[1].address);
    run(500);
    network.send(scxs[1], scxs[0].address, PING);
    expect(run(5000)).toEqual([[0, 510, 'ping']]);
  });

  test('refuses a connection to a dead process after a round trip, and to a dead machine after 3 s', () => {
    const { network, scxs, run } = scene();
    scxs[1].isUp = false;
    network.send(scxs[0], scxs[1].address, PING);
    expect(run(5000)).toEqual([[0, 20, 'linkDown unreachable']]);
    scxs[1].hasVanished = true;
    network.send(scxs[0], scxs[1].address, PING);
    expect(run(10_000)).toEqual([[0, 8000, 'linkDown unreachable']]);
  });

  test('resets the connections of a dead process, and gives no notice of a dead machine', () => {
    const { network, scxs, run } = scene();
    for (const other of [scxs[0], scxs[2]]) network.send(other, scxs[1].address, PING);
    run(100);
    scxs[1].isUp = false;
    network.onDeath(scxs[1], false);
    expect(run(200)).toEqual([]);
    network.onDeath(scxs[1], true);
    expect(run(300)).toEqual([
      [0, 210, 'linkDown closed'],
      [2, 210, 'linkDown closed'],
    ]);
  });

  test('loses what crosses a partition, and resets the connections that crossed it at its end', () => {
    const { network, scxs, run } = scene();
    network.send(scxs[0], scxs[1].address, PING);
    network.send(scxs[0], scxs[2].address, PING);
    run(100);
    network.cut(({ index }) => index === 1);
    network.send(scxs[0], scxs[1].address, PING);
    network.send(scxs[0], scxs[2].address, PING);
    expect(run(200)).toEqual([[2, 110, 'ping']]);
    network.cut(undefined);
    expect(run(300)).toEqual([
      [0, 210, 'linkDown closed'],
      [1, 210, 'linkDown closed'],
    ]);
  });

  test('gives a frozen process what it missed, in order, when it thaws', () => {
    const { network, scxs, run } = scene();
    scxs[1].isFrozen = true;
    for (const nonce of [1, 2]) network.send(scxs[0], scxs[1].address, { kind: 'ping', nonce });
    network.send(scxs[0], scxs[1].address, { kind: 'requestStatus' });
    expect(run(500)).toEqual([]);
    scxs[1].isFrozen = false;
    network.thaw(scxs[1]);
    expect(run(500)).toEqual([
      [1, 500, 'ping'],
      [1, 500, 'ping'],
      [1, 500, 'requestStatus'],
    ]);
  });

  test('carries ADUs to a child only over the data connection that it has opened', () => {
    const { network, scxs, run } = scene();
    network.forward(scxs[0], scxs[1], aduOf(1));
    expect(run(100)).toEqual([]);
    network.sendData(scxs[1], scxs[0].address, { channel: 1, body: SUBSCRIBE });
    run(200);
    network.forward(scxs[0], scxs[1], aduOf(2));
    network.forward(scxs[0], scxs[1], aduOf(3, { channel: 2 }));
    expect(run(300)).toEqual([[1, 210, 'adu 2']]);
  });

  test('delays ADUs at a bottleneck, and reports when the backlog is long and when it is empty', () => {
    const { network, scxs, run } = scene();
    network.sendData(scxs[1], scxs[0].address, { channel: 1, body: SUBSCRIBE });
    run(100);
    network.narrow(scxs[0], scxs[1], 20);
    for (let sequence = 0; sequence < 150; sequence++) {
      network.forward(scxs[0], scxs[1], aduOf(sequence));
    }
    const during = run(3000);
    expect(during.slice(0, 3)).toEqual([
      [0, 100, 'congested'],
      [1, 130, 'adu 0'],
      [1, 150, 'adu 1'],
    ]);
    const after = run(4000);
    expect(after).toContainEqual([0, 3100, 'drained']);
    expect(after.at(-1)).toEqual([1, 3110, 'adu 149']);
    network.narrow(scxs[0], scxs[1], 0);
    network.forward(scxs[0], scxs[1], aduOf(150));
    expect(run(5000)).toEqual([[1, 4010, 'adu 150']]);
  });

  test('breaks a connection under a message, and both ends learn of it', () => {
    const { network, scxs, run } = scene();
    network.breakRate = 1;
    network.send(scxs[0], scxs[1].address, PING);
    expect(run(100)).toEqual([
      [0, 10, 'linkDown closed'],
      [1, 10, 'linkDown closed'],
    ]);
    expect(network.counters.broken).toBe(1);
  });

  test('jitters, but lets no message overtake another', () => {
    const { network, scxs, run } = scene();
    network.jitterMs = 50;
    const fed = [];
    for (let nonce = 0; nonce < 50; nonce++) {
      network.send(scxs[0], scxs[1].address, nonce % 2 === 0 ? PING : { kind: 'requestStatus' });
      fed.push(...run(5 * nonce));
    }
    fed.push(...run(1000));
    expect(fed.map(([, , what]) => what)).toEqual(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? 'ping' : 'requestStatus')),
    );
    const delays = fed.map(([, atMs], index) => atMs - 5 * Math.max(0, index - 1));
    expect(Math.max(...delays)).toBeGreaterThan(30);
    expect(Math.max(...delays)).toBeLessThanOrEqual(60);
  });
});
