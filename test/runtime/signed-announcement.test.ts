import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signAnnouncement, verifyAnnouncement } from '../../src/runtime/signed-announcement.js';
import { drawSigningKey } from '../../src/runtime/signing-key.js';
import type { Announcement } from '../../src/session/announcement.js';
import { parseAnnouncement } from '../../src/session/parse-announcement.js';
import { printAnnouncement } from '../../src/session/print-announcement.js';
import { announcement as announcements, problemsOf } from '../session/support.js';

const NOW = Date.UTC(2026, 10, 30);
const KEY = drawSigningKey();
const OTHER = drawSigningKey();

const NIGHT: Announcement = {
  name: { text: 'scattercast://radio.example/night', creator: 'radio.example', session: 'night' },
  channels: [{ id: 1, unicast: 'tcp' }],
  rendezvous: ['a.example:1', 'b.example:2'],
  title: 'Night & day',
  adminKey: `sha256:${'a'.repeat(42)}A`,
  sources: [
    { name: 'station', key: KEY.publicKey, priorityMax: 255 },
    { name: 'anna', key: OTHER.publicKey, priorityMax: 80, untilMs: NOW },
  ],
};

/** What a reader says about a document. */
function problemsIn(xml: string): string {
  const parsed = parseAnnouncement(xml);
  return problemsOf(parsed.ok ? verifyAnnouncement(parsed.value, NOW) : parsed);
}

const SIGNED = printAnnouncement(signAnnouncement(NIGHT, KEY, NOW));

describe('A signed announcement', () => {
  test('is accepted by every reader, whatever it says', () => {
    fc.assert(
      fc.property(announcements, (announcement) => {
        const signed = signAnnouncement(announcement, KEY, NOW);
        const read = parseAnnouncement(printAnnouncement(signed));
        expect(read).toEqual({ ok: true, value: signed });
        expect(verifyAnnouncement(signed, NOW)).toEqual({ ok: true, value: signed });
      }),
    );
  });

  test('names the signature last, and may be laid out in another way', () => {
    expect(SIGNED).toMatch(/<radio:SIGNATURE>[\w-]{86}<\/radio:SIGNATURE>\n<\/SCATTERCAST>\n$/);
    const spaced = SIGNED.replace(/\n/g, '\r\n\t').replace(
      '<RENDEZVOUS>',
      '<!-- x --><RENDEZVOUS>',
    );
    expect(problemsIn(spaced.trim())).toBe('');
    expect(problemsIn(SIGNED.replace('<RENDEZVOUS>', '<x xmlns="urn:x"/><RENDEZVOUS>'))).toBe('');
    expect(problemsIn(SIGNED.replace('<RENDEZVOUS>', '<radio:LATER/><RENDEZVOUS>'))).toBe('');
  });

  test('that is signed again says the new time and key only', () => {
    const again = signAnnouncement(signAnnouncement(NIGHT, OTHER, NOW - 1), KEY, NOW);
    expect(printAnnouncement(again)).toBe(SIGNED);
  });
});

describe('An announcement is refused', () => {
  const altered = 'was altered after it was signed';

  test.each([
    ['that is not signed', /\n\s*<radio:SIGNATURE>.*<\/radio:SIGNATURE>/, '', 'is not signed'],
    ['without a key', /<radio:KEY>.*<\/radio:KEY>/, '', 'is not signed'],
    ['without an issue time', /<radio:ISSUED>.*<\/radio:ISSUED>/, '', 'is not signed'],
    ['with another title', 'Night &amp; day', 'Day', altered],
    ['with another name', 'radio.example/night', 'radio.example/day', altered],
    ['with another key', KEY.publicKey, OTHER.publicKey, altered],
    ['with another issue time', /(<radio:ISSUED>....-..-..T..:..:..)\..../, '$1.001', altered],
    ['with another rendezvous point', 'b.example:2', 'evil.example:2', altered],
    ['with its rendezvous points in another order', /(a\S+)\s+(b\S+)/, '$2 $1', altered],
    ['with one source less', /<radio:SOURCE name="anna".*\/>/, '', altered],
    ['with a higher priority', 'priority="80"', 'priority="81"', altered],
    ['with a later end', 'until="2026-', 'until="2027-', altered],
    ['with another admin key', 'sha256:a', 'sha256:b', altered],
    ['with a signature of another form', /[\w-]{86}/, 'x'.repeat(86), '86 characters of base64url'],
    ['with an empty signature', /[\w-]{86}/, '', '86 characters of base64url'],
    ['with two signatures', '</SCATTERCAST>', '<radio:SIGNATURE/></SCATTERCAST>', 'only one'],
    ['with two keys', '</SCATTERCAST>', '<radio:KEY/></SCATTERCAST>', 'only one <radio:KEY>'],
    ['with the same name twice', 'name="anna"', 'name="station"', 'have the same name'],
    ['with the same key twice', OTHER.publicKey, KEY.publicKey, 'have the same key'],
    ['with an odd key', KEY.publicKey, '=', "the session's key must be 43"],
    ['with an odd time', /2026-11-30T00:00:00.000Z<\/radio:ISSUED>/, 'now</radio:ISSUED>', 'time'],
  ])('%s', (_, part, instead, problem) => {
    const xml = SIGNED.replace(part, instead);
    expect(xml).not.toBe(SIGNED);
    expect(problemsIn(xml)).toContain(problem);
  });

  test('with any bit of the signature changed', () => {
    const signed = signAnnouncement(NIGHT, KEY, NOW);
    for (let bit = 0; bit < 512; bit += 7) {
      const bytes = Buffer.from(signed.signature, 'base64url');
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const signature = bytes.toString('base64url');
      expect(verifyAnnouncement({ ...signed, signature }, NOW).ok).toBe(false);
    }
  });

  test('with more than 16 source keys', () => {
    const sources = Array.from({ length: 17 }, (_, index) => ({
      ...{ name: `dj ${index}`, key: drawSigningKey().publicKey, priorityMax: 1 },
    }));
    const xml = printAnnouncement(signAnnouncement({ ...NIGHT, sources }, KEY, NOW));
    expect(problemsIn(xml)).toContain('at most 16');
  });

  test('that was issued more than ten minutes in the future', () => {
    const ahead = (ms: number): string =>
      problemsIn(printAnnouncement(signAnnouncement(NIGHT, KEY, NOW + ms)));
    expect([ahead(600_000), ahead(600_001)]).toEqual([
      '',
      expect.stringContaining('check the clock'),
    ]);
  });
});
