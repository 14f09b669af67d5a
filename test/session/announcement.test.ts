import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ANNOUNCEMENT_LIMITS,
  type Announcement,
  DEFAULT_CHANNELS,
} from '../../src/session/announcement.js';
import { parseAnnouncement } from '../../src/session/parse-announcement.js';
import { printAnnouncement } from '../../src/session/print-announcement.js';
import type { PublicKey } from '../../src/session/public-key.js';
import { SOURCE_KEYS_MAX, SOURCE_NAME_LENGTH_MAX } from '../../src/session/source-key.js';
import { announcement as announcements, problemsOf } from './support.js';

const jazz: Announcement = {
  name: {
    text: 'scattercast://radio.example/jazz',
    creator: 'radio.example',
    session: 'jazz',
  },
  description: 'Jazz & more, <live> from "the cellar"',
  channels: DEFAULT_CHANNELS,
  rendezvous: ['scx.radio.example:7000', 'https://radio.example/rendezvous?a=1&b=2'],
  title: 'Late Night Jazz',
  genre: 'jazz',
  homepage: 'https://radio.example/',
  bitrateKbps: 128,
  isListed: true,
};

describe('A printed announcement', () => {
  test('looks like Figure 2', () => {
    const { name, channels, rendezvous } = jazz;
    const plain = { name, description: 'Jazz', channels: channels.slice(0, 1), rendezvous };
    expect(printAnnouncement(plain)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<SCATTERCAST
  name="scattercast://radio.example/jazz">
  <DESCRIPTION>
    Jazz
  </DESCRIPTION>

  <CHANNEL id="1">
    <DESCRIPTION>
      audio
    </DESCRIPTION>
    <TRANSPORT unicast="tcp"/>
  </CHANNEL>

  <RENDEZVOUS>
    scx.radio.example:7000
    https://radio.example/rendezvous?a=1&amp;b=2
  </RENDEZVOUS>
</SCATTERCAST>
`);
  });

  test('has our additions in our own namespace', () => {
    expect(printAnnouncement(jazz)).toContain('<radio:BITRATE>128</radio:BITRATE>');
    expect(parseAnnouncement(printAnnouncement(jazz))).toEqual({ ok: true, value: jazz });
  });

  test('reads back as what was printed', () => {
    fc.assert(
      fc.property(announcements, (announcement) => {
        const xml = printAnnouncement(announcement);
        expect(parseAnnouncement(xml)).toEqual({ ok: true, value: announcement });
      }),
    );
  });

  test('fits the document even if every text is as long as allowed and all escaped', () => {
    const limits = ANNOUNCEMENT_LIMITS;
    const largest: Announcement = {
      ...jazz,
      description: '&'.repeat(limits.descriptionLengthMax),
      channels: Array.from({ length: limits.channelsMax }, (_, index) => ({
        id: 239 - index,
        description: '&'.repeat(limits.channelDescriptionLengthMax),
        unicast: 'tcp',
        multicast: 'udp',
      })),
      rendezvous: Array.from({ length: limits.rendezvousMax }, (_, index) =>
        `http://a.example/${index + 10}?`.padEnd(260, '&'),
      ),
      title: '&'.repeat(limits.titleLengthMax),
      genre: '&'.repeat(limits.genreLengthMax),
      homepage: 'https://a.example/?'.padEnd(limits.homepageLengthMax, '&'),
      bitrateKbps: 320,
      sources: Array.from({ length: SOURCE_KEYS_MAX }, (_, index) => ({
        name: `${index}`.padEnd(SOURCE_NAME_LENGTH_MAX, '&'),
        key: Buffer.alloc(32, index).toString('base64url') as PublicKey,
        priorityMax: 255,
        untilMs: Date.UTC(2099, 11),
      })),
      key: Buffer.alloc(32).toString('base64url') as PublicKey,
      issuedMs: Date.UTC(2099, 11),
      adminKey: `sha256:${Buffer.alloc(32).toString('base64url')}`,
      signature: Buffer.alloc(64).toString('base64url'),
    };
    const xml = printAnnouncement(largest);
    expect(parseAnnouncement(xml)).toEqual({ ok: true, value: largest });
  });

  test('is refused when read if it was not valid', () => {
    const odd: Announcement = { ...jazz, title: 'a\u0000b' };
    expect(problemsOf(parseAnnouncement(printAnnouncement(odd)))).toContain('disallowed');
  });
});
