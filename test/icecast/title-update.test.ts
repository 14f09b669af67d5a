import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isTitleUpdate,
  metadataAnswer,
  parseTitleUpdate,
  withoutSecrets,
} from '../../src/icecast/title-update.js';

const titleFrom = (query: string): string | undefined =>
  parseTitleUpdate(`/admin/metadata?mode=updinfo&${query}`).title;

/** As an encoder that escapes nothing but what it must sends it: one character for each byte. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

describe('A title update', () => {
  test('is recognised by its path', () => {
    for (const target of ['/admin/metadata', '/admin/metadata?a=b', '/admin.cgi?x', '/%61dmin.cgi'])
      expect(isTitleUpdate(target)).toBe(true);
    for (const target of ['/', '/admin', '/admin/metadata/', '/admin.cgi.mp3', '/night', '/%'])
      expect(isTitleUpdate(target)).toBe(false);
  });

  test('has all fields of Icecast and SHOUTcast', () => {
    const icecast =
      '/admin/metadata?mount=%2Fradio.example%2Fnight%3Fpriority%3D5&mode=updinfo&song=A';
    expect(parseTitleUpdate(icecast)).toEqual({
      mount: '/radio.example/night?priority=5',
      pass: undefined,
      isUpdate: true,
      title: 'A',
    });
    expect(parseTitleUpdate('/admin.cgi?pass=a%26b%2Bc&mode=updinfo&song=A')).toEqual({
      mount: undefined,
      pass: 'a&b+c',
      isUpdate: true,
      title: 'A',
    });
  });

  test.each(['', '?', '?mode=', '?mode=viewxml&song=A', '?MODE=updinfo', '?mode=updinfo2'])(
    'is none with "%s"',
    (query) => {
      expect(parseTitleUpdate(`/admin/metadata${query}`).isUpdate).toBe(false);
    },
  );
});

describe('A title', () => {
  test('arrives as it was sent, if it is plain', () => {
    const plain = fc
      .string({ unit: 'grapheme-composite', maxLength: 100 })
      .map((text) => text.replace(/\s+/g, ' ').trim())
      .filter((text) => text !== '' && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFEFF]/u.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        const both = [encodeURIComponent(text), `${new URLSearchParams({ song: text })}`.slice(5)];
        for (const escaped of both) expect(titleFrom(`song=${escaped}`)).toBe(text);
      }),
    );
  });

  test('is one bounded line, whatever bytes were sent', () => {
    const anyBytes = fc.uint8Array({ maxLength: 2000 });
    fc.assert(
      fc.property(anyBytes, fc.boolean(), fc.string({ maxLength: 12 }), (bytes, bare, charset) => {
        const text = Buffer.from(bytes).toString('latin1');
        const song = bare ? text.replace(/[&#]/g, '') : escapeAll(bytes);
        const title = titleFrom(`charset=${encodeURIComponent(charset)}&song=${song}`) ?? '';
        expect(title).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(title.length).toBeLessThanOrEqual(512);
      }),
    );
  });

  test.each([
    ['quotes', `song=${encodeURIComponent(`It's "A"; StreamUrl='x'`)}`, `It's "A"; StreamUrl='x'`],
    ['HTML, which is escaped where it is shown', 'song=%3Cb%3EA%3C/b%3E', '<b>A</b>'],
    ['line ends', 'song=A%0D%0AX-Evil:%20b%0A%0Ac', 'A X-Evil: b c'],
    ['a NUL', 'song=A%00B', 'A'],
    ['what turns the writing around', 'song=A%E2%80%AEB', 'AB'],
    ['pluses for spaces', 'song=A+-+B', 'A - B'],
    ['an escaped plus', 'song=1%2B1', '1+1'],
    ['a per cent sign that escapes nothing', 'song=100%+of%zz%4', '100% of%zz%4'],
    ['an equals sign', 'song=a=b', 'a=b'],
    ['UTF-8', 'song=Sigur+R%C3%B3s', 'Sigur Rós'],
    ['UTF-8 without escapes', `song=${bytesOf('Sigur+Rós+☃')}`, 'Sigur Rós ☃'],
    ['Latin-1, of which it says nothing', 'song=Caf%E9', 'Café'],
    ['Latin-1 without escapes', 'song=Caf\xe9', 'Café'],
    ['invalid UTF-8', 'song=%C3%28%FF', 'Ã(ÿ'],
    ['two encodings', 'song=%E2%82%AC+%80', '€ €'],
    ['a word for UTF-8', 'charset=UTF8&song=R%C3%B3s', 'Rós'],
    ['a word for Latin-1', 'charset=ISO-8859-1&song=R%C3%B3s', 'RÃ³s'],
    [
      'UTF-8 that was cut within a character',
      'song=%E6%97%A5%E6%9C%AC%E8%AA%9E%E3%83%86%E3%82%B9%E3%83&charset=UTF-8',
      '日本語テス',
    ],
    ['a word for Cyrillic', 'charset=koi8-r&song=%F0%F2%E9%F7%E5%F4', 'ПРИВЕТ'],
    ['a word behind it', 'song=R%C3%B3s&charset=latin1', 'RÃ³s'],
    ['an unknown word', 'charset=klingon&song=R%C3%B3s', 'Rós'],
    ['an empty word', 'charset=&song=R%C3%B3s', 'Rós'],
    ['an artist', 'artist=A&title=B', 'A - B'],
    ['a title only', 'title=B', 'B'],
    ['an artist only', 'artist=A&title=', 'A'],
    ['an artist beside a song, which counts', 'artist=A&title=B&song=C', 'C'],
    ['an artist beside an empty song', 'artist=A&title=B&song=', 'A - B'],
    ['two songs, of which the first counts', 'song=A&song=B', 'A'],
    ['fields without a name', '=x&&song=A&', 'A'],
  ])('may have %s', (_what, query, title) => {
    expect(titleFrom(query)).toBe(title);
  });

  test.each(['', 'song', 'song=', 'song=+++', 'song=%00A', 'song=%0A', 'url=http://a'])(
    'is none in "%s"',
    (query) => {
      expect(titleFrom(query)).toBeUndefined();
    },
  );

  test('of 10 kB is cut', () => {
    expect(titleFrom(`song=${'a'.repeat(10_000)}`)).toBe('a'.repeat(512));
    expect(titleFrom(`artist=${'a'.repeat(5000)}&title=${'b'.repeat(5000)}`)).toHaveLength(512);
  });
});

const escapeAll = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

describe('A target in a log', () => {
  test.each([
    ['/admin.cgi?pass=geheim&mode=updinfo', '/admin.cgi?pass=...&mode=updinfo'],
    ['/admin.cgi?mode=updinfo&pass=geheim', '/admin.cgi?mode=updinfo&pass=...'],
    ['/admin.cgi?pass=geheim&pass=geheim', '/admin.cgi?pass=...&pass=...'],
    ['/admin.cgi?pass=ge?heim=#geheim', '/admin.cgi?pass=...'],
    ['/admin.cgi?pass=', '/admin.cgi?pass=...'],
    ['/night.mp3?bypass=1', '/night.mp3?bypass=1'],
  ])('%s is %s', (target, logged) => {
    expect(withoutSecrets(target)).toBe(logged);
  });
});

test('A title gets the answer of Icecast', () => {
  expect(metadataAnswer(200, 'Metadata update successful').body).toContain(
    '<iceresponse><message>Metadata update successful</message><return>1</return></iceresponse>',
  );
  expect(metadataAnswer(400, 'Source does not exist')).toMatchObject({
    status: 400,
    body: expect.stringContaining('<return>0</return>'),
    fields: { 'Content-Type': 'text/xml; charset=utf-8' },
  });
});
