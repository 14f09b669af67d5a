import { describe, expect, test } from 'vitest';
import { createListenerIdentities } from '../../../src/scx/listeners/listener-identities.js';
import {
  createPollingListeners,
  drawPollingId,
  isPollingId,
} from '../../../src/scx/listeners/polling-listeners.js';

function open({ perAddressMax = 0, roomFor = 100 } = {}) {
  const identities = createListenerIdentities({ perAddressMax, returnMs: 10_000 });
  const polling = createPollingListeners({ identities, hasRoom: () => polling.count < roomFor });
  const ask = (id: string, at: number, address = '192.0.2.1') =>
    polling.poll({ id, address, agent: 'hls.js' }, at);
  return { identities, polling, ask };
}

describe('A listener by HLS', () => {
  test('is counted once however often it asks, until it has not asked for a while', () => {
    const { identities, polling, ask } = open();
    for (let at = 0; at <= 60_000; at += 3000) {
      polling.tick(at);
      expect(ask('a', at)).toBe('listening');
    }
    expect([polling.count, identities.present]).toEqual([1, 1]);
    polling.tick(70_000);
    expect(polling.count).toBe(1);
    polling.tick(73_000);
    expect([polling.count, polling.peak, identities.present]).toEqual([0, 1, 0]);
    expect(identities.total(100_000)).toBe(1);
  });

  test('that comes back within seconds is the same one', () => {
    const { identities, polling, ask } = open();
    ask('a', 0);
    polling.tick(13_000);
    expect(polling.count).toBe(0);
    ask('a', 20_000);
    expect(polling.count).toBe(1);
    expect(identities.total(60_000)).toBe(1);
  });

  test('ends alone: those who ask stay', () => {
    const { polling, ask } = open();
    ask('a', 0);
    ask('b', 1000);
    ask('a', 10_000);
    polling.tick(14_000);
    expect(polling.ids()).toEqual(['a']);
    polling.clear(14_000);
    expect(polling.count).toBe(0);
  });

  test('that another process has counted is not counted again', () => {
    const { identities, polling, ask } = open();
    polling.expect(['a']);
    ask('a', 0);
    ask('b', 0);
    expect(polling.count).toBe(2);
    expect(identities.total(60_000)).toBe(1);
  });

  test('has a place of its address and of the SCX, which strangers do not exhaust by drawing ids', () => {
    const { polling, ask } = open({ perAddressMax: 3, roomFor: 5 });
    const outcomes = Array.from({ length: 1000 }, () => ask(drawPollingId(), 0));
    expect(outcomes.filter((outcome) => outcome === 'listening')).toHaveLength(3);
    expect(outcomes.at(-1)).toBe('addressFull');
    const known = polling.ids()[0] ?? '';
    expect(ask(known, 0)).toBe('listening');
    expect([ask('x', 0, '192.0.2.2'), ask('y', 0, '192.0.2.3')]).toEqual([
      'listening',
      'listening',
    ]);
    expect(ask('z', 0, '192.0.2.4')).toBe('full');
  });

  test('has an id of 32 hexadecimal digits', () => {
    expect(isPollingId(drawPollingId())).toBe(true);
    expect(drawPollingId()).not.toBe(drawPollingId());
    for (const text of ['', 'x', 'A'.repeat(32), `${'a'.repeat(32)}\n`, 'a'.repeat(33)]) {
      expect(isPollingId(text)).toBe(false);
    }
  });
});
