/** What a cluster remembers of its listeners' networks, and what it tells others. */
import { expect, test } from 'vitest';
import { createOwnNetworks, LISTENERS_MIN } from '../../src/locating/own-networks.js';

const TOLD_MAX = 10;
const DAY_MS = 24 * 3_600_000;

function withListeners(network: string, listeners: number, rttMs = 20, own = createOwnNetworks()) {
  for (let n = 0; n < listeners; n++) own.onSeen(network, `${network} ${n}`, rttMs, 0);
  return own;
}

test('A network is told from its third listener on', () => {
  const own = withListeners('192.0.2.0', LISTENERS_MIN - 1);
  own.onSeen('192.0.2.0', '192.0.2.0 0', 20, 0); // the same one again
  expect(own.toldSince(0, 0, TOLD_MAX).networks).toEqual([]);
  expect(own.of('192.0.2.0')).toBe(20);
  own.onSeen('192.0.2.0', 'a third one', 31, 0);
  expect(own.toldSince(0, 0, TOLD_MAX).networks).toEqual([['192.0.2.0', 20]]);
});

test('The shortest round trip holds for a day, and what changes is told once more', () => {
  const own = withListeners('192.0.2.0', LISTENERS_MIN);
  const { version } = own.toldSince(0, 0, TOLD_MAX);
  expect(own.onSeen('192.0.2.0', 'x', 40, DAY_MS - 1)).toBeUndefined();
  expect(own.toldSince(version, 0, TOLD_MAX).networks).toEqual([]);
  expect(own.onSeen('192.0.2.0', 'x', 12.4, DAY_MS - 1)).toBe(12.4);
  const news = own.toldSince(version, 0, TOLD_MAX);
  expect(news.networks).toEqual([['192.0.2.0', 12]]);
  expect(own.toldSince(news.version, 0, TOLD_MAX).networks).toEqual([]);
  expect(own.onSeen('192.0.2.0', 'x', 40, 2 * DAY_MS)).toBe(40);
});

test('A network that was not seen for two weeks is not told', () => {
  const own = withListeners('192.0.2.0', LISTENERS_MIN);
  expect(own.toldSince(0, 14 * DAY_MS, TOLD_MAX).networks).toEqual([]);
});

test('More networks than fit are told in several answers', () => {
  const own = createOwnNetworks();
  for (let n = 0; n < TOLD_MAX + 5; n++) withListeners(`net ${n}`, LISTENERS_MIN, 20, own);
  const first = own.toldSince(0, 0, TOLD_MAX);
  const second = own.toldSince(first.version, 0, TOLD_MAX);
  expect([first.networks.length, second.networks.length]).toEqual([TOLD_MAX, 5]);
});
