/** How many answers go to one network. */
import { expect, test } from 'vitest';
import { createResponseRate, ratedAs } from '../../../src/redirector/ports/response-rate.js';

test('Beyond its rate a network gets every second answer cut, and the others not at all', () => {
  const rate = createResponseRate(2);
  const judge = (address: string, now = 0) => rate.judge(address, now);
  const answers = Array.from({ length: 8 }, (_, host) => judge(`192.0.2.${host}`));
  expect(answers).toEqual([
    ...['send', 'send', 'send', 'send'],
    ...['drop', 'truncate', 'drop', 'truncate'],
  ]);
  expect(judge('198.51.100.1')).toBe('send');
  expect(judge('192.0.2.1', 500)).toBe('send');
  expect(judge('192.0.2.1', 500)).toBe('drop');
});

test('A rate of 0 is none', () => {
  const rate = createResponseRate(0);
  const all = Array.from({ length: 5000 }, () => rate.judge('192.0.2.1', 0));
  expect(new Set(all)).toEqual(new Set(['send']));
});

test('A network is an IPv4 /24 or an IPv6 /56', () => {
  expect(ratedAs('192.0.2.7')).toBe(ratedAs('192.0.2.200'));
  expect(ratedAs('192.0.3.7')).not.toBe(ratedAs('192.0.2.7'));
  expect(ratedAs('2001:db8:0:1200::1')).toBe(ratedAs('2001:db8:0:12ff::2'));
  expect(ratedAs('2001:db8:0:1300::1')).not.toBe(ratedAs('2001:db8:0:1200::1'));
});
