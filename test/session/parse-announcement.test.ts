import { describe, expect, test } from 'vitest';
import { parseAnnouncement } from '../../src/session/parse-announcement.js';
import { problemsOf } from './support.js';

const NAME = 'name="scattercast://radio.example/jazz"';
const CHANNEL = '<CHANNEL id="1"><TRANSPORT unicast="tcp"/></CHANNEL>';
const RENDEZVOUS = '<RENDEZVOUS>scx.radio.example:7000</RENDEZVOUS>';
const RADIO = 'xmlns:radio="https://scattercast.example/ns/radio/1"';

const wrap = (inside: string, attributes = NAME): string =>
  `<SCATTERCAST ${attributes}>${inside}</SCATTERCAST>`;
const MINIMAL = wrap(CHANNEL + RENDEZVOUS);

const problems = (xml: string): string => problemsOf(parseAnnouncement(xml));

describe('An announcement', () => {
  test('needs no more than a name, a channel and a rendezvous', () => {
    expect(parseAnnouncement(MINIMAL)).toEqual({
      ok: true,
      value: {
        name: {
          text: 'scattercast://radio.example/jazz',
          creator: 'radio.example',
          session: 'jazz',
        },
        channels: [{ id: 1, unicast: 'tcp' }],
        rendezvous: ['scx.radio.example:7000'],
      },
    });
  });

  test('may begin with a byte order mark and an XML declaration, and end in white space', () => {
    const head = '\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n';
    expect(parseAnnouncement(`${head}${MINIMAL}\r\n`)).toEqual(parseAnnouncement(MINIMAL));
  });

  test('may contain comments, character references and CDATA', () => {
    const text = '<DESCRIPTION>a<!-- x -->b&#x1F4FB;&amp;<![CDATA[<c>]]></DESCRIPTION>';
    expect(parseAnnouncement(wrap(text + CHANNEL + RENDEZVOUS))).toMatchObject({
      value: { description: 'ab📻&<c>' },
    });
  });

  test('has its parts in any order', () => {
    expect(parseAnnouncement(wrap(RENDEZVOUS + CHANNEL))).toEqual(parseAnnouncement(MINIMAL));
  });

  test('treats an empty optional element as absent', () => {
    const empty = `<DESCRIPTION> </DESCRIPTION><radio:TITLE ${RADIO}/>`;
    expect(parseAnnouncement(wrap(empty + CHANNEL + RENDEZVOUS))).toEqual(
      parseAnnouncement(MINIMAL),
    );
  });

  test('knows our additions by their namespace, whatever the prefix', () => {
    const extras =
      '<r:TITLE>Late\n Jazz</r:TITLE><r:GENRE>jazz</r:GENRE>' +
      '<r:HOMEPAGE>https://radio.example</r:HOMEPAGE><r:BITRATE> 128 </r:BITRATE>' +
      '<r:LISTED>yes</r:LISTED>';
    const xml = wrap(extras + CHANNEL + RENDEZVOUS, `${NAME} ${RADIO.replace('radio=', 'r=')}`);
    expect(parseAnnouncement(xml)).toMatchObject({
      value: {
        title: 'Late Jazz',
        genre: 'jazz',
        homepage: 'https://radio.example/',
        bitrateKbps: 128,
        isListed: true,
      },
    });
  });

  test('ignores what others, or later versions of us, added', () => {
    const other =
      '<x:a xmlns:x="urn:x" b="c">text<x:d/><CHANNEL/></x:a><TITLE xmlns="urn:y">no</TITLE>' +
      `<radio:LATER ${RADIO}>later<radio:PART/></radio:LATER>`;
    const channel =
      '<CHANNEL id="1" x:y="z" xmlns:x="urn:x" xml:lang="en"><x:a/><TRANSPORT unicast="tcp"/>' +
      '</CHANNEL>';
    expect(parseAnnouncement(wrap(other + channel + RENDEZVOUS))).toEqual(
      parseAnnouncement(MINIMAL),
    );
  });

  test('says how much a further channel may carry', () => {
    const slides = `<CHANNEL id="7"><TRANSPORT unicast="tcp"/><radio:RATE ${RADIO}>64</radio:RATE></CHANNEL>`;
    expect(parseAnnouncement(wrap(CHANNEL + slides + RENDEZVOUS))).toMatchObject({
      value: { channels: [{ id: 1 }, { id: 7, rateKbps: 64 }] },
    });
    const fast = slides.replace('64', '321');
    expect(problems(wrap(CHANNEL + fast + RENDEZVOUS))).toContain('from 1 to 320');
  });

  test('names a rendezvous once, however often it is listed', () => {
    const twice = '<RENDEZVOUS>A.example:1\n\t a.example:1 b.example:2</RENDEZVOUS>';
    expect(parseAnnouncement(wrap(CHANNEL + twice))).toMatchObject({
      value: { rendezvous: ['a.example:1', 'b.example:2'] },
    });
  });
});

describe('An announcement is refused', () => {
  const channel = (inside: string, attributes = 'id="1"'): string =>
    wrap(`<CHANNEL ${attributes}>${inside}</CHANNEL>${RENDEZVOUS}`);
  const rendezvous = (text: string): string => wrap(`${CHANNEL}<RENDEZVOUS>${text}</RENDEZVOUS>`);
  const extra = (inside: string): string => wrap(inside + CHANNEL + RENDEZVOUS, `${NAME} ${RADIO}`);

  test.each([
    ['another root', '<RADIO/>', 'root element must be <SCATTERCAST>'],
    ['a root in a namespace', '<SCATTERCAST xmlns="urn:x"/>', 'without a namespace'],
    ['no name', wrap(CHANNEL + RENDEZVOUS, ''), 'must have an attribute "name"'],
    ['a bad name', wrap(CHANNEL + RENDEZVOUS, 'name="jazz"'), 'a session name must have the form'],
    ['no channel', wrap(RENDEZVOUS), 'must contain a <CHANNEL>'],
    ['no rendezvous', wrap(CHANNEL), 'must contain a <RENDEZVOUS>'],
    ['two rendezvous', wrap(CHANNEL + RENDEZVOUS + RENDEZVOUS), 'only one <RENDEZVOUS>'],
    ['an empty rendezvous', rendezvous(' \n '), 'at least one location'],
    ['a bad location', rendezvous('a.example'), 'write host:port'],
    ['17 locations', rendezvous('a.example:1 '.repeat(17)), 'at most 16'],
    [
      'an element in a rendezvous',
      rendezvous('a.example:1<B/>'),
      '<B> (line 1) is not allowed in <',
    ],
    ['an unknown element', extra('<TITLE>x</TITLE>'), '<TITLE> (line 1) is not allowed in <'],
    ['lower case', extra('<channel/>'), '<channel> (line 1) is not allowed in <'],
    ['__proto__', extra('<__proto__/>'), '<__proto__> (line 1) is not allowed in <'],
    ['constructor', extra('<constructor/>'), '<constructor> (line 1) is not allowed in <'],
    ['an unknown attribute', channel('', 'id="1" toString="2"'), 'an attribute "toString"'],
    ['stray text', wrap(`${CHANNEL}hello${RENDEZVOUS}`), 'must not contain text, got "hello"'],
    ['stray CDATA', wrap(`<![CDATA[x]]>${CHANNEL}${RENDEZVOUS}`), 'must not contain text'],
    ['text in a channel', channel('hello<TRANSPORT unicast="tcp"/>'), 'must not contain text'],
    ['text in a transport', channel('<TRANSPORT unicast="tcp">x</TRANSPORT>'), 'not contain text'],
    ['a channel in a channel', channel(CHANNEL), '<CHANNEL> (line 1) is not allowed in <'],
    [
      'a transport outside',
      extra('<TRANSPORT unicast="tcp"/>'),
      '<TRANSPORT> (line 1) is not allowed in <',
    ],
    ['no transport', channel(''), 'must contain a <TRANSPORT>'],
    ['two transports', channel('<TRANSPORT unicast="tcp"/>'.repeat(2)), 'only one <TRANSPORT>'],
    ['no unicast', channel('<TRANSPORT multicast="udp"/>'), 'must have an attribute "unicast"'],
    ['unknown unicast', channel('<TRANSPORT unicast="sctp"/>'), 'must be tcp or udp'],
    [
      'unknown multicast',
      channel('<TRANSPORT unicast="tcp" multicast="pgm"/>'),
      'must be udp or srm, got "pgm": no other protocol is spoken here',
    ],
    [
      'a multicast group',
      channel('<TRANSPORT unicast="tcp" multicast="239.1.2.3:5004"/>'),
      'the group is chosen by each cluster (cluster --multicast)',
    ],
    ['no channel id', channel('<TRANSPORT unicast="tcp"/>', ''), 'must have an attribute "id"'],
    ['channel id 256', channel('', 'id="256"'), 'whole number from 0 to 239'],
    ['channel id -1', channel('', 'id="-1"'), 'whole number from 0 to 239'],
    ['channel id 01', channel('', 'id="01"'), 'whole number from 0 to 239'],
    ['channel id 1e2', channel('', 'id="1e2"'), 'whole number from 0 to 239'],
    ['channel id ""', channel('', 'id=""'), 'whole number from 0 to 239'],
    ['equal channel ids', wrap(CHANNEL + CHANNEL + RENDEZVOUS), 'channel id "1" is used twice'],
    ['17 channels', wrap(CHANNEL.repeat(17) + RENDEZVOUS), 'at most 16'],
    ['two descriptions', extra('<DESCRIPTION/><DESCRIPTION/>'), 'only one <DESCRIPTION>'],
    ['two titles', extra('<radio:TITLE/><radio:TITLE/>'), 'only one <radio:TITLE>'],
    ['an element in a title', extra('<radio:TITLE><B/></radio:TITLE>'), 'is not allowed in <'],
    ['a long description', extra(`<DESCRIPTION>${'x'.repeat(1001)}</DESCRIPTION>`), 'most 1000'],
    ['a long title', extra(`<radio:TITLE>${'x'.repeat(201)}</radio:TITLE>`), 'at most 200'],
    ['a long genre', extra(`<radio:GENRE>${'x'.repeat(65)}</radio:GENRE>`), 'at most 64'],
    ['a title that turns', extra('<radio:TITLE>a&#x202E;b</radio:TITLE>'), 'control characters'],
    ['a script', extra('<radio:HOMEPAGE>javascript:x</radio:HOMEPAGE>'), 'not an http://'],
    ['a bitrate of 0', extra('<radio:BITRATE>0</radio:BITRATE>'), 'from 8 to 320'],
    ['a listing of 1', extra('<radio:LISTED>1</radio:LISTED>'), 'must be yes or no'],
    ['a bitrate of 128k', extra('<radio:BITRATE>128k</radio:BITRATE>'), 'from 8 to 320'],
  ])('with %s', (_, xml, problem) => {
    expect(problems(xml)).toContain(problem);
  });

  test('with all its problems at once', () => {
    const xml = wrap('<CHANNEL id="x"><TRANSPORT unicast="y"/></CHANNEL><B/>', 'name="jazz"');
    expect(parseAnnouncement(xml)).toMatchObject({ ok: false, problems: { length: 5 } });
  });

  test('with at most 20 problems told and the rest counted', () => {
    const result = parseAnnouncement(wrap('<B/>'.repeat(100) + CHANNEL + RENDEZVOUS));
    expect(result).toMatchObject({ ok: false, problems: { length: 21 } });
    expect(problemsOf(result)).toContain('and 80 more');
  });
});
