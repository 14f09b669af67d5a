/**
 * What the entries of a directory contain: announcements, and facts about clusters. One byte tells the
 * kind; the rest is deflated text. Most of an announcement is the same in all of them, so it is
 * compressed with a dictionary: a signed announcement of 1700 bytes takes about 450.
 *
 * Bodies come from strangers: unpacking stops at the bound of the text.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ENTRY_BODY_BYTES_MAX } from '../../gossamer/core/entry.js';
import { ANNOUNCEMENT_LIMITS, DEFAULT_CHANNELS } from '../../session/announcement.js';
import { printAnnouncement } from '../../session/print-announcement.js';
import type { PublicKey } from '../../session/public-key.js';

const KINDS = ['facts', 'announcement'] as const;

export interface EntryText {
  readonly kind: (typeof KINDS)[number];
  /** JSON, or the XML document. */
  readonly text: string;
}

const SAMPLE = printAnnouncement({
  name: {
    text: 'scattercast://radio.example/night',
    creator: 'radio.example',
    session: 'night',
  },
  description: 'The best music',
  channels: DEFAULT_CHANNELS,
  rendezvous: ['http://radio.example:8000/rendezvous/radio.example/night'],
  title: 'Radio',
  genre: 'Jazz',
  language: 'en',
  homepage: 'https://www.radio.example/',
  bitrateKbps: 128,
  isListed: true,
  key: '' as PublicKey,
  issuedMs: 1_790_000_000_000,
  adminKey: 'sha256:',
  sources: [
    { name: 'station', key: '' as PublicKey, priorityMax: 255 },
    { name: 'fallback', key: '' as PublicKey, priorityMax: 0 },
  ],
  signature: '',
});

/** Part of the format: another dictionary needs another kind. */
const DICTIONARIES = {
  facts: Buffer.from(
    '{"urls":["http://","https://"],"version":"0.1.0","place":{"x":,"y":,"height":,"error":0.},' +
      '"scxs":,"scxsMax":,"listeners":,"sessions":[{"slot":,"onAir":true,"listeners":,"kbps":128},',
  ),
  announcement: Buffer.from(SAMPLE),
};

/** The body of an entry; undefined: it would be too long. */
export function packEntry({ kind, text }: EntryText): Uint8Array | undefined {
  const packed = deflateRawSync(text, { level: 9, dictionary: DICTIONARIES[kind] });
  if (1 + packed.length > ENTRY_BODY_BYTES_MAX) return undefined;
  return Uint8Array.of(KINDS.indexOf(kind), ...packed);
}

/** What a body contains; undefined: nothing that this version can read. */
export function unpackEntry(body: Uint8Array): EntryText | undefined {
  const kind = KINDS[body[0] ?? -1];
  if (kind === undefined) return undefined;
  try {
    const bytes = inflateRawSync(body.subarray(1), {
      dictionary: DICTIONARIES[kind],
      maxOutputLength: ANNOUNCEMENT_LIMITS.documentBytesMax,
    });
    return { kind, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return undefined;
  }
}
