import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLocation } from '../../src/session/location.js';
import { problemsOf } from './support.js';

describe('A rendezvous location', () => {
  test.each([
    ['radio.example:7000', 'radio.example', 7000, 'radio.example:7000'],
    ['Radio.Example:7000', 'radio.example', 7000, 'radio.example:7000'],
    ['localhost:1', 'localhost', 1, 'localhost:1'],
    ['192.0.2.1:65535', '192.0.2.1', 65535, '192.0.2.1:65535'],
    ['[2001:DB8:0::1]:7000', '2001:db8::1', 7000, '[2001:db8::1]:7000'],
    ['[::1]:80', '::1', 80, '[::1]:80'],
  ])('%s is an address', (text, host, port, normal) => {
    expect(parseLocation(text)).toEqual({
      ok: true,
      value: { kind: 'address', text: normal, host, port },
    });
  });

  test.each([
    ['https://radio.example/attach', 'https://radio.example/attach'],
    ['HTTP://Radio.example:80/a?b=c&d', 'http://radio.example/a?b=c&d'],
    ['http://[::1]:8000/', 'http://[::1]:8000/'],
  ])('%s is the URL of a front end', (text, normal) => {
    expect(parseLocation(text)).toEqual({ ok: true, value: { kind: 'frontEnd', text: normal } });
  });

  test.each([
    ['', 'write host:port'],
    ['radio.example', 'write host:port'],
    ['radio.example:', 'write host:port'],
    ['radio.example:0', 'write host:port'],
    ['radio.example:080', 'write host:port'],
    ['radio.example:65536', 'write host:port'],
    ['radio.example:80/x', 'write host:port'],
    ['2001:db8::1:7000', 'write host:port'],
    [':7000', 'is missing'],
    ['[radio]:7000', 'write host:port'],
    ['[1::2::3]:7000', 'not an IPv6 address'],
    ['[127.0.0.1]:7000', 'not an IPv6 address'],
    ['[::1%eth0]:7000', 'write host:port'],
    ['ra_dio.example:7000', 'not a host name'],
    ['a@radio.example:7000', 'not a host name'],
    ['300.0.0.1:7000', 'neither a host name nor an IPv4 address'],
    ['127.1:7000', 'neither a host name nor an IPv4 address'],
    ['0x7f.0.0.1:7000', 'neither a host name nor an IPv4 address'],
    ['2130706433:7000', 'neither a host name nor an IPv4 address'],
    ['ftp://radio.example/', 'not an http:// or https:// URL'],
    ['scattercast://radio.example/jazz', 'not an http:// or https:// URL'],
    ['http://', 'not an http:// or https:// URL'],
    ['http://radio.example:99999/', 'not an http:// or https:// URL'],
    ['http://user@radio.example/', 'user'],
    ['http://:secret@radio.example/', 'password'],
    ['http://radio.example/#top', 'fragment'],
    [`http://radio.example/${'x'.repeat(260)}`, 'at most 260'],
    [`http://radio.example/${'ä'.repeat(100)}`, 'at most 260'],
  ])('%j is refused', (text, problem) => {
    expect(problemsOf(parseLocation(text))).toContain(problem);
  });

  test('never throws, and its normal form means the same', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((text) => `http://${text}`),
      fc.string().map((text) => `${text}:80`),
      fc.string().map((text) => `[${text}]:80`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const location = parseLocation(text);
        if (location.ok) expect(parseLocation(location.value.text)).toEqual(location);
      }),
    );
  });
});
