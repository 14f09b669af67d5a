import { expect, test } from 'vitest';
import { joinHostPort, localHost, splitHostPort, urlHost } from '../../src/lib/host-port.js';

test.each([
  ['radio.example', 8000, 'radio.example:8000'],
  ['192.0.2.1', 80, '192.0.2.1:80'],
  ['2001:db8::1', 8100, '[2001:db8::1]:8100'],
  ['::', 0, '[::]:0'],
])('%s and %i are %s, and back', (host, port, text) => {
  expect(joinHostPort(host, port)).toBe(text);
  expect(splitHostPort(text)).toEqual({ host, port });
});

test('A host in a URL has brackets only if it is IPv6', () => {
  expect(['a.example', '::1'].map(urlHost)).toEqual(['a.example', '[::1]']);
});

test('A server on all addresses is reached on loopback from its own machine', () => {
  expect(['', '0.0.0.0', '::'].map(localHost)).toEqual(Array(3).fill('127.0.0.1'));
  expect(localHost('192.0.2.1')).toBe('192.0.2.1');
});
