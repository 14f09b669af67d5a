import { describe, expect, test } from 'vitest';
import { createPings, type Measured } from '../../../src/gossamer/routing/pings.js';
import { addressOf, coordinatesOf, createBench } from '../support.js';

const HERE = coordinatesOf(1, 2);

const pongOf = (nonce: number) => ({ kind: 'pong', nonce, place: HERE }) as const;

function createPinger(pingCount = 3) {
  const bench = createBench({ pingCount });
  const measured: { address: string; found: Measured | undefined; now: number }[] = [];
  const pings = createPings(bench.context, {
    onMeasured: (address, found, now) => void measured.push({ address, found, now }),
    onFailed: (address, now) => void measured.push({ address, found: undefined, now }),
  });
  const nonces = (): number[] =>
    bench.sent().flatMap(({ message }) => (message.kind === 'ping' ? [message.nonce] : []));
  return { bench, pings, measured, nonces };
}

describe('A ping experiment', () => {
  test('averages its round trips, and reports the coordinates of the other node', () => {
    const { pings, measured, nonces } = createPinger(3);
    let now = 0;
    pings.start(addressOf(1), now);
    for (const rttMs of [10, 20, 60]) {
      const [nonce] = nonces();
      now += rttMs;
      pings.handlePong(addressOf(1), pongOf(nonce!), now);
    }
    expect(measured).toEqual([
      { address: addressOf(1), found: { rttMs: 30, coordinates: HERE }, now: 90 },
    ]);
    expect(nonces()).toEqual([]);
    expect(pings.isUnderWay(addressOf(1))).toBe(false);
    expect(pings.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('has at most one packet under way', () => {
    const { pings, nonces } = createPinger();
    pings.start(addressOf(1), 0);
    pings.start(addressOf(1), 1);
    expect(nonces()).toHaveLength(1);
  });

  test('ignores answers that are stale, foreign or repeated', () => {
    const { pings, measured, nonces } = createPinger(2);
    pings.start(addressOf(1), 0);
    const [first] = nonces();
    pings.handlePong(addressOf(2), pongOf(first!), 1);
    pings.handlePong(addressOf(1), pongOf(first! + 100), 1);
    expect(nonces()).toEqual([]);
    pings.handlePong(addressOf(1), pongOf(first!), 5);
    pings.handlePong(addressOf(1), pongOf(first!), 6);
    expect(nonces()).toHaveLength(1);
    expect(measured).toEqual([]);
  });

  test('fails when the answers do not come in time', () => {
    const { bench, pings, measured } = createPinger();
    pings.start(addressOf(1), 100);
    const { answerTimeoutMs } = bench.context.config;
    expect(pings.deadline()).toBe(100 + answerTimeoutMs);
    pings.tick(99 + answerTimeoutMs);
    expect(measured).toEqual([]);
    pings.tick(100 + answerTimeoutMs);
    expect(measured).toEqual([
      { address: addressOf(1), found: undefined, now: 100 + answerTimeoutMs },
    ]);
  });

  test('ends without a result when no SCX can be reached', () => {
    const { pings, measured } = createPinger();
    pings.start(addressOf(1), 0);
    pings.onUnreachable(addressOf(1));
    expect(pings.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect(measured).toEqual([]);
  });

  test('is answered by reflecting the packet, with our coordinates', () => {
    const { bench, pings } = createPinger();
    pings.handlePing(addressOf(7), 42, HERE);
    expect(bench.sent()).toEqual([
      { to: addressOf(7), message: { kind: 'pong', nonce: 42, place: HERE } },
    ]);
  });
});
