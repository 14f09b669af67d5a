import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAnnouncement } from '../../src/session/parse-announcement.js';
import { problemsOf } from './support.js';

const GOOD =
  '<SCATTERCAST name="scattercast://radio.example/jazz">' +
  '<CHANNEL id="1"><TRANSPORT unicast="tcp"/></CHANNEL>' +
  '<RENDEZVOUS>scx.radio.example:7000</RENDEZVOUS></SCATTERCAST>';

const describing = (text: string): string =>
  GOOD.replace('<CHANNEL', `<DESCRIPTION>${text}</DESCRIPTION><CHANNEL`);
const adding = (elements: string): string =>
  GOOD.replace('<CHANNEL', `<x:x xmlns:x="urn:x">${elements}</x:x><CHANNEL`);
const nest = (depth: number): string => '<x:d>'.repeat(depth) + '</x:d>'.repeat(depth);

const problems = (xml: string): string => problemsOf(parseAnnouncement(xml));

const LAUGHS = Array.from(
  { length: 9 },
  (_, index) => `<!ENTITY lol${index + 1} "${`&lol${index};`.repeat(10)}">`,
).join('');

describe('A hostile document', () => {
  test('of more than 64 KiB is refused before it is parsed', () => {
    const full = GOOD.padEnd(65536, ' ');
    expect(parseAnnouncement(full).ok).toBe(true);
    expect(problems(`${full} `)).toContain('larger than 65536 bytes');
    expect(problems('<'.repeat(10_000_000))).toContain('larger than 65536 bytes');
  });

  test('is measured in bytes, not in characters', () => {
    const text = (characters: number): string => `${GOOD}<!--${'€'.repeat(characters)}-->`;
    expect(parseAnnouncement(text(21_000)).ok).toBe(true);
    expect(problems(text(22_000))).toContain('larger than 65536 bytes');
  });

  test('that is nested deeper than 8 is refused, even where it would be ignored', () => {
    expect(parseAnnouncement(adding(nest(6))).ok).toBe(true);
    expect(problems(adding(nest(7)))).toContain('at most 8 deep');
    expect(problems('<a>'.repeat(20_000))).toContain('at most 8 deep');
  });

  test('of more than 512 elements is refused', () => {
    expect(parseAnnouncement(adding('<x:e/>'.repeat(507))).ok).toBe(true);
    expect(problems(adding('<x:e/>'.repeat(508)))).toContain('at most 512 elements');
  });

  test('of more than 32 attributes in one element is refused', () => {
    const element = (count: number): string =>
      `<x:e ${Array.from({ length: count }, (_, index) => `a${index}="1"`).join(' ')}/>`;
    expect(parseAnnouncement(adding(element(32).repeat(9))).ok).toBe(true);
    expect(problems(adding(element(33)))).toContain('at most 32 attributes');
  });

  test.each([
    ['a DOCTYPE', `<!DOCTYPE SCATTERCAST>${GOOD}`],
    ['a DOCTYPE after a comment', `<!-- x --><!DOCTYPE SCATTERCAST>${GOOD}`],
    ['an external DTD', `<!DOCTYPE SCATTERCAST SYSTEM "http://evil.example/x.dtd">${GOOD}`],
    ['an entity', `<!DOCTYPE a [<!ENTITY x "y">]>${describing('&x;')}`],
    ['a billion laughs', `<!DOCTYPE a [<!ENTITY lol0 "lol">${LAUGHS}]>${describing('&lol9;')}`],
    ['a file', `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${describing('&x;')}`],
    ['a parameter entity', `<!DOCTYPE a [<!ENTITY % x "y"> %x;]>${GOOD}`],
  ])('with %s is refused', (_, xml) => {
    expect(problems(xml)).toContain('a DOCTYPE is not allowed');
  });

  test.each([
    ['a DOCTYPE inside the root', describing('<!DOCTYPE a>'), 'doctype'],
    ['a DOCTYPE without end', '<!DOCTYPE a [<!ENTITY', 'not well-formed'],
    ['an undeclared entity', describing('&x;'), 'undefined entity'],
    ['an entity called constructor', describing('&constructor;'), 'undefined entity'],
    ['an entity called __proto__', describing('&__proto__;'), 'undefined entity'],
    ['an entity of HTML', describing('&nbsp;'), 'undefined entity'],
    ['an entity in an attribute', GOOD.replace('id="1"', 'id="&x;"'), 'undefined entity'],
    ['a processing instruction', `<?php x?>${GOOD}`, 'processing instructions'],
    ['a style sheet', `<?xml-stylesheet href="x"?>${GOOD}`, 'processing instructions'],
    ['a processing instruction inside', describing('<?x y?>'), 'processing instructions'],
    ['a late XML declaration', ` <?xml version="1.0"?>${GOOD}`, 'must be at the start'],
    ['XML 1.1', `<?xml version="1.1"?>${GOOD}`, 'write <?xml version="1.0"?>'],
    ['Latin-1', `<?xml version="1.0" encoding="iso-8859-1"?>${GOOD}`, 'must be UTF-8'],
    ['UTF-16', `<?xml version="1.0" encoding="UTF-16"?>${GOOD}`, 'must be UTF-8'],
    ['UTF-7', `<?xml version="1.0" encoding="utf-7"?>${GOOD}`, 'must be UTF-8'],
    ['two roots', GOOD + GOOD, 'not well-formed'],
    ['text after the root', `${GOOD}x`, 'not well-formed'],
    ['text before the root', `x${GOOD}`, 'not well-formed'],
    ['an attribute twice', GOOD.replace('id="1"', 'id="1" id="1"'), 'duplicate attribute'],
    ['an attribute without quotes', GOOD.replace('"1"', '1'), 'not well-formed'],
    ['an unknown prefix', describing('<y:z/>'), 'unbound namespace prefix'],
    ['a prefix called constructor', describing('<constructor:z/>'), 'unbound namespace prefix'],
    ['an end without a beginning', `${GOOD}</a>`, 'not well-formed'],
    ['a wrong end', GOOD.replace('</CHANNEL>', '</channel>'), 'unexpected close tag'],
    ['no end', GOOD.slice(0, -3), 'not well-formed'],
    ['a bare ampersand', describing('a & b'), 'not well-formed'],
    ['NUL', describing('\u0000'), 'disallowed character'],
    ['NUL by reference', describing('&#0;'), 'malformed character entity'],
    ['an escape character', describing('\u001b'), 'disallowed character'],
    ['U+FFFE', describing('\ufffe'), 'disallowed character'],
    ['a high surrogate', describing('\ud800'), 'half a surrogate pair'],
    ['a high surrogate before a tag', describing('\ud800<b/>'), 'half a surrogate pair'],
    ['a low surrogate', describing('\udc00'), 'half a surrogate pair'],
    ['a surrogate at the end', `${GOOD}\ud83d`, 'half a surrogate pair'],
    ['a surrogate by reference', describing('&#xD800;'), 'malformed character entity'],
    ['nothing', '', 'must contain a root element'],
    ['only a comment', '<!-- x -->', 'must contain a root element'],
    ['HTML', '<!doctype html><html><body><p>404<br></body></html>', 'not well-formed'],
    ['JSON', '{"name": "jazz"}', 'not well-formed'],
  ])('with %s is refused', (_, xml, problem) => {
    expect(problems(xml)).toContain(problem);
  });

  test('cannot fill the message that refuses it', () => {
    const long = 'x'.repeat(60_000);
    for (const xml of [`<${long}/>`, `<a></${long}>`, `<${long}:a/>`, describing(`&${long};`)]) {
      expect(problems(xml).length).toBeLessThan(300);
    }
    const control = '\u202e';
    expect(problems(`<SCATTERCAST>${control}</SCATTERCAST>`)).not.toContain(control);
  });
});

describe('The parser', () => {
  test('never throws on random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseAnnouncement(text)));
  });

  test('never throws on random pieces of XML', () => {
    const piece = fc.oneof(
      fc.constantFrom('<', '>', '/', '!', '?', '&', ';', '"', "'", '=', '--', '[CDATA[', ']]>'),
      fc.constantFrom('<!DOCTYPE ', '<?xml ', '<!ENTITY ', '[', ']', 'version="1.0"', '&#', 'x'),
      fc.constantFrom('<SCATTERCAST ', '</SCATTERCAST>', '<CHANNEL', 'id="1"', 'xmlns', ':', ' '),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        void parseAnnouncement(pieces.join(''));
      }),
      { numRuns: 2000 },
    );
  });

  test('never throws on a good document with a piece cut out or put in', () => {
    const at = fc.nat(GOOD.length);
    fc.assert(
      fc.property(at, at, fc.string({ unit: 'binary', maxLength: 4 }), (from, to, text) => {
        void parseAnnouncement(GOOD.slice(0, from) + text + GOOD.slice(to));
      }),
      { numRuns: 1000 },
    );
  });

  const repeat = (piece: string, bytes: number): string =>
    piece.repeat(Math.floor(bytes / piece.length));
  const crowded = `<x:e ${Array.from({ length: 30 }, (_, index) => `a${index}="1"`).join(' ')}/>`;

  /** The processor's time to parse the document `times` times, in ms: others may use it meanwhile. */
  /** Measurements of one claim: a claim that is wrong fails all of them. */
  const RUNS_MAX = 100;

  const parseMs = (xml: string, times: number): number => {
    const start = process.cpuUsage();
    for (let time = 0; time < times; time++) parseAnnouncement(xml);
    return process.cpuUsage(start).user / 1000;
  };

  test.each<[string, (bytes: number) => string]>([
    ['text', (bytes) => describing(repeat('x', bytes))],
    ['white space', (bytes) => describing(repeat(' \r\n', bytes))],
    ['references', (bytes) => describing(repeat('&#38;', bytes))],
    ['an attribute', (bytes) => `<a b="${repeat('&#38;', bytes)}"/>`],
    ['attributes', (bytes) => adding(repeat(crowded, bytes))],
    ['comments', (bytes) => describing(repeat('<!---->', bytes))],
    ['one comment', (bytes) => describing(`<!--${repeat('- ', bytes)}-->`)],
    ['brackets', (bytes) => describing(`<![CDATA[${repeat(']', bytes)}]]>`)],
    ['a name', (bytes) => `<${repeat('x', bytes)}/>`],
    ['a document type', (bytes) => `<!DOCTYPE a [${repeat('<!-- -->', bytes)}]>`],
    ['locations', (bytes) => GOOD.replace(':7000', `:7000${repeat(' a:1', bytes)}`)],
  ])('takes time linear in the size of %s', (_, document) => {
    const [small, large] = [document(2_000), document(32_000)];
    // Linear: the time of 16 documents of a 16th of the size; quadratic: 16 times as long, however
    // often it is measured. A single measurement includes what compiling and collecting garbage take.
    const isLinear = (): boolean => parseMs(large, 1) < 6 * parseMs(small, 16);
    let runs = 1;
    while (!isLinear() && runs < RUNS_MAX) runs++;
    expect(runs).toBeLessThan(RUNS_MAX);
  });
});
