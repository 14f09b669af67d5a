import { describe, expect, test } from 'vitest';
import { createPings } from '../../src/gossamer/pings.js';
import { addressOf, createBench } from './support.js';

function createPinger(pingCount = 3) {
  const bench = createBench({ pingCount });
  const measured: { address: string; rttMs: number | undefined; now: number }[] = [];
  const pings = createPings(bench.context, (address, rttMs, now) =>
    measured.push({ address, rttMs, now }),
  );
  const nonces = (): number[] =>
    bench.sent().flatMap(({ message }) => (message.kind === 'ping' ? [message.nonce] : []));
  return { bench, pings, measured, nonces };
}

describe('A ping experiment', () => {
  test('averages its round trips, the first of which does not count', () => {
    const { pings, measured, nonces } = createPinger(3);
    let now = 0;
    pings.start(addressOf(1), now);
    for (const rttMs of [500, 10, 20, 60]) {
      const [nonce] = nonces();
      now += rttMs;
      pings.handlePong(addressOf(1), nonce!, now);
    }
    expect(measured).toEqual([{ address: addressOf(1), rttMs: 30, now: 590 }]);
    expect(nonces()).toEqual([]);
    expect(pings.isUnderWay(addressOf(1))).toBe(false);
    expect(pings.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test('has one packet under way at a time', () => {
    const { pings, nonces } = createPinger();
    pings.start(addressOf(1), 0);
    pings.start(addressOf(1), 1);
    expect(nonces()).toHaveLength(1);
  });

  test('ignores answers that are stale, foreign or repeated', () => {
    const { pings, measured, nonces } = createPinger(1);
    pings.start(addressOf(1), 0);
    const [first] = nonces();
    pings.handlePong(addressOf(2), first!, 1);
    pings.handlePong(addressOf(1), first! + 100, 1);
    expect(nonces()).toEqual([]);
    pings.handlePong(addressOf(1), first!, 5);
    pings.handlePong(addressOf(1), first!, 6);
    expect(nonces()).toHaveLength(1);
    expect(measured).toEqual([]);
  });

  test('fails when the answers do not come in time', () => {
    const { bench, pings, measured } = createPinger();
    pings.start(addressOf(1), 100);
    const { answerTimeoutMs } = bench.context.config;
    expect(pings.deadline).toBe(100 + answerTimeoutMs);
    pings.tick(99 + answerTimeoutMs);
    expect(measured).toEqual([]);
    pings.tick(100 + answerTimeoutMs);
    expect(measured).toEqual([
      { address: addressOf(1), rttMs: undefined, now: 100 + answerTimeoutMs },
    ]);
  });

  test('ends in silence when nobody is there', () => {
    const { pings, measured } = createPinger();
    pings.start(addressOf(1), 0);
    pings.onUnreachable(addressOf(1));
    expect(pings.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(measured).toEqual([]);
  });

  test('is answered by reflecting the packet', () => {
    const { bench, pings } = createPinger();
    pings.handlePing(addressOf(7), 42);
    expect(bench.sent()).toEqual([{ to: addressOf(7), message: { kind: 'pong', nonce: 42 } }]);
  });
});
