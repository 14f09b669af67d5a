import { describe, expect, test } from 'vitest';
import { clientAddress, isNetwork, trustIn } from '../../../src/http/server/client-address.js';

describe('The address of a client', () => {
  const trust = trustIn(['127.0.0.0/8', '::1', '10.1.0.0/16']);

  test.each([
    ['a stranger, whose header does not count', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
    ['a trusted proxy', '127.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['two trusted proxies', '::1', '198.51.100.7, 10.1.2.3', '198.51.100.7'],
    ['a proxy that passes on a lie', '127.0.0.1', '1.1.1.1, 198.51.100.7', '198.51.100.7'],
    ['a proxy that says nothing', '127.0.0.1', undefined, '127.0.0.1'],
    ['a proxy that says nonsense', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['an IPv6 socket', '::ffff:127.0.0.1', '2001:db8::1', '2001:db8::1'],
  ])('behind %s', (_who, peer, forwarded, address) => {
    expect(clientAddress(peer, forwarded, trust)).toBe(address);
  });
});

test.each([
  ['10.0.0.0/8', true],
  ['::1', true],
  ['2001:db8::/32', true],
  ['10.0.0.0/33', false],
  ['10.0.0.0/8/8', false],
  ['example.org', false],
])('%s is a network: %s', (text, expected) => {
  expect(isNetwork(text)).toBe(expected);
});
