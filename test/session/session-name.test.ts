import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSessionName, parseSessionPath, sessionPath } from '../../src/session/session-name.js';
import { problemsOf } from './support.js';

describe('A session name', () => {
  test('is read from its URL-like form', () => {
    expect(parseSessionName('scattercast://radio.example/jazz')).toEqual({
      ok: true,
      value: {
        text: 'scattercast://radio.example/jazz',
        creator: 'radio.example',
        session: 'jazz',
      },
    });
  });

  test('is the same with a trailing slash and with capitals in scheme and creator', () => {
    const plain = parseSessionName('scattercast://radio.example/Jazz');
    expect(parseSessionName('scattercast://radio.example/Jazz/')).toEqual(plain);
    expect(parseSessionName('ScatterCast://Radio.EXAMPLE/Jazz')).toEqual(plain);
  });

  test('keeps the case of the session part', () => {
    const name = parseSessionName('scattercast://radio.example/Jazz');
    expect(name).toMatchObject({ value: { session: 'Jazz' } });
  });

  test('survives the way through a URL path', () => {
    const name = parseSessionName('scattercast://radio.example/late_night~jazz-1.0');
    expect(name.ok && parseSessionPath(sessionPath(name.value))).toEqual(name);
  });

  test('may have 64 characters in the session part and 253 in the creator', () => {
    const creator = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(62)).join('.');
    const longest = `scattercast://${creator}.x/${'s'.repeat(64)}`;
    expect(creator.length + 2).toBe(253);
    expect(parseSessionName(longest).ok).toBe(true);
    expect(parseSessionName(`${longest}s`).ok).toBe(false);
    expect(parseSessionName(longest.replace('://', '://z')).ok).toBe(false);
  });
});

describe('A session name is refused', () => {
  test.each([
    ['', 'a session name must have the form'],
    ['jazz', 'a session name must have the form'],
    ['http://radio.example/jazz', 'a session name must have the form'],
    ['scattercast:radio.example/jazz', 'a session name must have the form'],
    [' scattercast://radio.example/jazz', 'a session name must have the form'],
    ['scattercast://radio.example', 'a session name must have two parts'],
    ['scattercast://radio.example/', 'a session name must have two parts'],
    ['scattercast://radio.example/a/b', 'a session name must have two parts'],
    ['scattercast://radio.example/a//', 'a session name must have two parts'],
    ['scattercast://radio.example//', 'session part of the name is missing'],
    ['scattercast:///jazz', 'creator identity is missing'],
    ['scattercast://radio..example/jazz', 'not a host name'],
    ['scattercast://-radio.example/jazz', 'not a host name'],
    ['scattercast://radio.example:80/jazz', 'not a host name'],
    ['scattercast://user@radio.example/jazz', 'not a host name'],
    ['scattercast://rädio.example/jazz', 'not a host name'],
    [`scattercast://${'a'.repeat(64)}/jazz`, 'not a host name'],
    ['scattercast://../jazz', 'not a host name'],
    ['scattercast://radio.example/.', 'must not be "."'],
    ['scattercast://radio.example/..', 'must not be ".."'],
    ['scattercast://radio.example/late jazz', 'contains " "'],
    ['scattercast://radio.example/late%20jazz', 'contains "%"'],
    ['scattercast://radio.example/jazz?x', 'contains "?"'],
    ['scattercast://radio.example/jazz#x', 'contains "#"'],
    ['scattercast://radio.example/j\u00e4zz', 'contains "ä"'],
    ['scattercast://radio.example/📻', 'contains "📻"'],
    ['scattercast://radio.example/ja\u0000zz', 'contains "\ufffd"'],
    ['scattercast://radio.example/jazz\n', 'contains "\ufffd"'],
    ['scattercast://radio.example/jazz.mp3', 'must not end in .mp3'],
    ['scattercast://radio.example/jazz.M3U', 'must not end in .M3U'],
    ['scattercast://radio.example/jazz.pls/', 'must not end in .pls'],
    ['scattercast://radio.example/.xspf', 'must not end in .xspf'],
    [`scattercast://radio.example/${'x'.repeat(65)}`, 'at most 64'],
    [`scattercast://radio.example/${'x'.repeat(1_000_000)}`, 'at most 400 are allowed'],
  ])('%j', (text, problem) => {
    expect(problemsOf(parseSessionName(text))).toContain(problem);
  });

  test('with all its problems at once', () => {
    const name = parseSessionName('scattercast://bad_host/bad session');
    expect(name).toMatchObject({ ok: false, problems: { length: 2 } });
  });

  test('or accepted, whatever the text, without throwing or a long message', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary', maxLength: 500 }).map((text) => `scattercast://a.b/${text}`),
      fc.string({ maxLength: 500 }).map((text) => `scattercast://${text}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const name = parseSessionName(text);
        if (name.ok) expect(parseSessionName(name.value.text)).toEqual(name);
        else for (const problem of name.problems) expect(problem.length).toBeLessThan(300);
      }),
    );
  });
});
