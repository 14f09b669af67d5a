import fc from 'fast-check';
import type { Result } from '../../src/lib/result.js';
import type { Announcement, Channel } from '../../src/session/announcement.js';
import type { PublicKey } from '../../src/session/public-key.js';
import { RENDITION_RATES_KBPS, RENDITIONS_MAX } from '../../src/session/renditions.js';
import type { SessionName } from '../../src/session/session-name.js';

/** All problems in one text; '' if there are none. */
export const problemsOf = (result: Result<unknown>): string =>
  result.ok ? '' : result.problems.join('\n');

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

const label = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 12 });

const host = fc
  .array(label, { minLength: 1, maxLength: 3 })
  .map((labels) => [...labels, 'example'].join('.'));

const sessionName: fc.Arbitrary<SessionName> = fc
  .tuple(
    host,
    fc.string({ unit: fc.constantFrom(...letters, ...'ABC_~-'), minLength: 1, maxLength: 64 }),
  )
  .map(([creator, session]) => ({
    text: `scattercast://${creator}/${session}`,
    creator,
    session,
  }));

/** Texts in normal form, with all that XML must escape. */
const plainText = fc
  .string({ unit: fc.oneof(fc.constantFrom(...'<>&"\' ]'), fc.string({ unit: 'grapheme' })) })
  .map((text) => text.replace(/[\p{Cc}\s]+/gu, ' ').trim())
  .filter((text) => text !== '' && text.length <= 64);

const port = fc.integer({ min: 1, max: 65535 });

const location = fc.oneof(
  fc.tuple(host, port).map(([name, number]) => `${name}:${number}`),
  fc.tuple(fc.ipV4(), port).map(([address, number]) => `${address}:${number}`),
  fc.tuple(fc.ipV6(), port).map(([address, number]) => {
    return `${new URL(`http://[${address}]/`).hostname}:${number}`;
  }),
  fc.tuple(host, label).map(([name, path]) => `https://${name}/${path}?a=<&b='${path}'`),
  fc.tuple(host, label).map(([name, path]) => `http://${name}:8080/${path}?a=%3C&b=%26`),
);

const channel: fc.Arbitrary<Channel> = fc.record(
  {
    id: fc.integer({ min: 0, max: 239 }),
    unicast: fc.constantFrom('tcp' as const, 'udp' as const),
    description: plainText,
    multicast: fc.constantFrom('udp', 'srm'),
    rateKbps: fc.integer({ min: 1, max: 320 }),
  },
  { requiredKeys: ['id', 'unicast'] },
);

const publicKey = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64url') as PublicKey);

const source = fc.record(
  {
    name: plainText.filter((text) => text.length <= 40),
    key: publicKey,
    priorityMax: fc.integer({ min: 0, max: 255 }),
    untilMs: fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2099, 11) }),
  },
  { requiredKeys: ['name', 'key', 'priorityMax'] },
);

/** Valid announcements in normal form, unsigned. */
export const announcement: fc.Arbitrary<Announcement> = fc.record(
  {
    name: sessionName,
    description: plainText,
    channels: fc.uniqueArray(channel, { selector: (c) => c.id, minLength: 1, maxLength: 16 }),
    rendezvous: fc.uniqueArray(
      location.map((text) => (text.includes('://') ? new URL(text).href : text)),
      { minLength: 1, maxLength: 16 },
    ),
    title: plainText,
    genre: plainText,
    homepage: fc.webUrl({ withQueryParameters: true }).map((url) => new URL(url).href),
    bitrateKbps: fc.integer({ min: 8, max: 320 }),
    isListed: fc.boolean(),
    image: publicKey,
    renditions: fc
      .subarray([...RENDITION_RATES_KBPS], { minLength: 1, maxLength: RENDITIONS_MAX })
      .map((rates) => rates.sort((a, b) => b - a)),
    keepMs: fc.integer({ min: 1, max: 31 * 86_400 }).map((seconds) => seconds * 1000),
    sources: fc.uniqueArray(source, {
      ...{ minLength: 1, maxLength: 16 },
      comparator: (one, other) => one.name === other.name || one.key === other.key,
    }),
    adminKey: publicKey.map((text) => `sha256:${text}`),
  },
  { requiredKeys: ['name', 'channels', 'rendezvous'] },
);
