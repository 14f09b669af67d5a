import { expect, test } from 'vitest';
import { isForeignPage } from '../../../src/http/server/page-origin.js';

const fields = (host?: string, origin?: string, site?: string) => ({ host, origin, site });

test.each([
  ['a program that is no browser', fields('radio.example:8000')],
  ['a program, under any name', fields('raspberrypi:8000')],
  ['a program without Host', fields()],
  ['our own page', fields('radio.example:8000', 'http://radio.example:8000', 'same-origin')],
  ['our own page, at its default port', fields('Radio.Example', 'https://radio.example')],
  ['our own page, by an address', fields('127.0.0.1:8000', 'http://127.0.0.1:8000')],
  ['our own page, by an IPv6 address', fields('[::1]:8000', 'http://[::1]:8000')],
  ['our own page, at localhost', fields('localhost:8000', 'http://localhost:8000')],
  ['the address bar of a browser', fields('radio.example:8000', undefined, 'none')],
])('%s may change something', (_what, from) => {
  expect(isForeignPage(from, 'radio.example')).toBe(false);
});

test.each([
  ['of another site', fields('localhost:8000', 'http://evil.example')],
  ['of another port of this machine', fields('localhost:8000', 'http://localhost:3000')],
  ['of a sandbox or a file', fields('localhost:8000', 'null')],
  ['whose name resolves to us', fields('evil.example:8000', 'http://evil.example:8000')],
  ['of the same kind', fields('evil.example:8000', 'http://evil.example:8000', 'same-origin')],
  ['that loads an image from here', fields('localhost:8000', undefined, 'cross-site')],
  ['of a neighbouring site', fields('radio.example:8000', undefined, 'same-site')],
  ['with a malformed origin', fields('localhost:8000', '/')],
  ['without Host', fields(undefined, 'http://localhost:8000')],
])('A page %s may not', (_what, from) => {
  expect(isForeignPage(from, 'radio.example')).toBe(true);
});
