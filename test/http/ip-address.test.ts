import { describe, expect, test } from 'vitest';
import { isLoopback, limitedAs } from '../../src/http/ip-address.js';
import { plainAddress } from '../../src/lib/host-port.js';

test.each([
  ['127.0.0.1', true],
  ['127.255.0.3', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:192.0.2.1', false],
  ['128.0.0.1', false],
  ['::2', false],
  ['127.evil.example', false],
  ['', false],
])('%s is loopback: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

test('An IPv4 client of an IPv6 socket has its IPv4 address', () => {
  expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(plainAddress('::FFFF:192.0.2.1')).toBe('192.0.2.1');
  expect(plainAddress('2001:db8::1')).toBe('2001:db8::1');
});

describe('The client that a limit counts', () => {
  test('is an IPv4 address, however it is written', () => {
    expect(limitedAs('192.0.2.1')).toBe('192.0.2.1');
    expect(limitedAs('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });

  test('is the /64 network of an IPv6 address', () => {
    const one = limitedAs('2001:db8:1:2:3:4:5:6');
    expect(one).toBe('2001:db8:1:2::/64');
    expect(limitedAs('2001:db8:1:2::')).toBe(one);
    expect(limitedAs('2001:db8:1:3::')).not.toBe(one);
    expect(limitedAs('2001:db8::1')).toBe('2001:db8:0:0::/64');
  });

  test('is a text that is no address, unchanged', () => {
    expect(limitedAs('unknown')).toBe('unknown');
  });
});
