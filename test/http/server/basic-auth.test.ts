import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { basicAuth, basicHeader } from '../../../src/http/server/basic-auth.js';

const encoded = (text: string): string => Buffer.from(text).toString('base64');

describe('Basic authorization', () => {
  test('is parsed as it was written, colons in the password included', () => {
    const user = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes(':'));
    const credentials = fc.record({ user, password: fc.string({ unit: 'grapheme' }) });
    fc.assert(
      fc.property(credentials, (given) => {
        expect(basicAuth(basicHeader(given))).toEqual(given);
      }),
    );
  });

  test.each([
    ['in small letters', `basic ${encoded('source:hackme')}`],
    ['in capitals', `BASIC ${encoded('source:hackme')}`],
    ['with spaces', `  Basic   ${encoded('source:hackme')} `],
    ['without padding', `Basic ${encoded('source:hackme').replaceAll('=', '')}`],
  ])('is read %s', (_how, header) => {
    expect(basicAuth(header)).toEqual({ user: 'source', password: 'hackme' });
  });

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['another kind', `Bearer ${encoded('source:hackme')}`],
    ['no colon', `Basic ${encoded('sourcehackme')}`],
    ['something that is not base64', 'Basic source:hackme'],
    ['the word alone', 'Basic'],
    ['two values', `Basic ${encoded('a:b')} ${encoded('c:d')}`],
  ])('has no credentials in %s', (_what, header) => {
    expect(basicAuth(header)).toBeUndefined();
  });

  test('without a user or a password has an empty one', () => {
    expect(basicAuth(`Basic ${encoded(':')}`)).toEqual({ user: '', password: '' });
  });
});
