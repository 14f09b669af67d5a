import { describe, expect, test } from 'vitest';
import { DEFAULT_CHANNELS } from '../../src/session/announcement.js';
import { parseAnnouncement } from '../../src/session/parse-announcement.js';
import { printAnnouncement } from '../../src/session/print-announcement.js';
import { parseSessionName } from '../../src/session/session-name.js';

/** Figure 2, with its placeholders filled in and nothing else changed. */
const FIGURE_2 = `
<SCATTERCAST
  name="scattercast://cs.mydomain.edu/multimedia-seminar/">
  <DESCRIPTION>
    An optional textual description of the session
    goes here
  </DESCRIPTION>

  <CHANNEL id="1">
    <DESCRIPTION>
      An optional textual description for this channel
    </DESCRIPTION>

    <TRANSPORT unicast="UDP"
      multicast="UDP"/>
  </CHANNEL>

  <CHANNEL id="2">
    <TRANSPORT unicast="TCP"
      multicast="SRM"/>
  </CHANNEL>

  <RENDEZVOUS>
    rendezvous.mydomain.edu:7000
    192.0.2.7:7000
  </RENDEZVOUS>
</SCATTERCAST>
`;

const without = (part: RegExp): string => FIGURE_2.replace(part, '');
const accepts = (xml: string): boolean => parseAnnouncement(xml).ok;

describe('§2.1', () => {
  test('§2.1: session names are of the form scattercast://creator-identity/session-name', () => {
    expect(parseSessionName('scattercast://creator-identity/session-name')).toMatchObject({
      value: { creator: 'creator-identity', session: 'session-name' },
    });
    expect(parseSessionName('http://creator-identity/session-name').ok).toBe(false);
  });

  test('§2.1: a seminar may have the name scattercast://cs.mydomain.edu/multimedia-seminar/', () => {
    expect(parseSessionName('scattercast://cs.mydomain.edu/multimedia-seminar/')).toMatchObject({
      value: { creator: 'cs.mydomain.edu', session: 'multimedia-seminar' },
    });
  });

  test('§2.1: the name distinguishes between sessions; the creator avoids collisions', () => {
    const texts = ['a.example/x', 'b.example/x', 'a.example/y'].map((path) => {
      const name = parseSessionName(`scattercast://${path}`);
      return name.ok && name.value.text;
    });
    expect(new Set(texts).size).toBe(3);
  });

  test('§2.1: a session may consist of multiple streams with their own transports', () => {
    expect(parseAnnouncement(FIGURE_2)).toMatchObject({
      value: { channels: [{ unicast: 'udp' }, { unicast: 'tcp' }] },
    });
  });

  test('§2.1: each data channel has an associated numeric identifier', () => {
    expect(parseAnnouncement(FIGURE_2)).toMatchObject({
      value: { channels: [{ id: 1 }, { id: 2 }] },
    });
    expect(accepts(FIGURE_2.replace('id="2"', 'id="audio"'))).toBe(false);
    expect(accepts(FIGURE_2.replace('id="2"', 'id="1"'))).toBe(false);
  });

  test('§2.1: media types may be split: audio and titles have channels of their own', () => {
    expect(DEFAULT_CHANNELS).toMatchObject([
      { id: 1, description: 'audio' },
      { id: 2, description: 'now-playing' },
    ]);
  });
});

describe('§2.2', () => {
  test('§2.2: announcements have the format of Figure 2', () => {
    expect(parseAnnouncement(FIGURE_2)).toEqual({
      ok: true,
      value: {
        name: {
          text: 'scattercast://cs.mydomain.edu/multimedia-seminar',
          creator: 'cs.mydomain.edu',
          session: 'multimedia-seminar',
        },
        description: 'An optional textual description of the session goes here',
        channels: [
          {
            id: 1,
            description: 'An optional textual description for this channel',
            unicast: 'udp',
            multicast: 'udp',
          },
          { id: 2, unicast: 'tcp', multicast: 'srm' },
        ],
        rendezvous: ['rendezvous.mydomain.edu:7000', '192.0.2.7:7000'],
      },
    });
  });

  test('§2.2: announcements are represented in XML, and printed as they are read', () => {
    const announcement = parseAnnouncement(FIGURE_2);
    expect(announcement.ok && parseAnnouncement(printAnnouncement(announcement.value))).toEqual(
      announcement,
    );
  });

  test('§2.2: an announcement must include the name, channels, and a rendezvous section', () => {
    expect(accepts(FIGURE_2)).toBe(true);
    expect(accepts(without(/name="[^"]*"/))).toBe(false);
    expect(accepts(without(/<CHANNEL[\s\S]*<\/CHANNEL>/))).toBe(false);
    expect(accepts(without(/<RENDEZVOUS>[\s\S]*<\/RENDEZVOUS>/))).toBe(false);
  });

  test('§2.2, Figure 2: descriptions of the session and of a channel are optional', () => {
    expect(accepts(without(/<DESCRIPTION>[\s\S]*?<\/DESCRIPTION>/g))).toBe(true);
  });

  test('§2.2: each channel section includes the identifier and the transport protocols', () => {
    expect(accepts(without(/ id="2"/))).toBe(false);
    expect(accepts(without(/<TRANSPORT unicast="TCP"[^>]*>/))).toBe(false);
  });

  test('§2.2: unicast may be UDP or TCP, multicast UDP or a reliable protocol such as SRM', () => {
    expect(parseAnnouncement(FIGURE_2)).toMatchObject({
      value: {
        channels: [
          { unicast: 'udp', multicast: 'udp' },
          { unicast: 'tcp', multicast: 'srm' },
        ],
      },
    });
  });

  test('§2.2: the rendezvous section lists one or more rendezvous points', () => {
    expect(parseAnnouncement(FIGURE_2)).toMatchObject({ value: { rendezvous: { length: 2 } } });
    expect(accepts(without(/192.0.2.7:7000/))).toBe(true);
    expect(accepts(without(/rendezvous.mydomain.edu:7000\s*192.0.2.7:7000/))).toBe(false);
  });
});
