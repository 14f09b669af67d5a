/**
 * Writes an announcement in the layout of Figure 2. From the result parse-announcement.ts reads the
 * same announcement, if it was valid. So printing and parsing is also the way to check an
 * announcement that was composed from flags or a form.
 */

import { printInstant } from '../lib/instant.js';
import { type Announcement, type Channel, RADIO_NAMESPACE } from './announcement.js';
import type { Privacy } from './privacy.js';
import { sha256Text } from './public-key.js';
import type { SourceKey } from './source-key.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escapeText = (text: string): string =>
  text.replace(/[&<>]/g, (character) => ESCAPES[character] as string);

const escapeAttribute = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ESCAPES[character] as string);

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** An element with its text on lines of its own, as in Figure 2. */
const block = (name: string, lines: readonly string[]): string[] => [
  `<${name}>`,
  ...indent(lines.map(escapeText)),
  `</${name}>`,
];

const description = (text: string | undefined): string[] =>
  text === undefined ? [] : block('DESCRIPTION', [text]);

function transport({ unicast, multicast }: Channel): string[] {
  if (multicast === undefined) return [`<TRANSPORT unicast="${escapeAttribute(unicast)}"/>`];
  return [
    `<TRANSPORT unicast="${escapeAttribute(unicast)}"`,
    `  multicast="${escapeAttribute(multicast)}"/>`,
  ];
}

const fields = (values: Readonly<Record<string, string | number | undefined>>): string[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`<radio:${name}>${escapeText(`${value}`)}</radio:${name}>`],
  );

const channelBlock = (channel: Channel): string[] => [
  `<CHANNEL id="${channel.id}">`,
  ...indent(description(channel.description)),
  ...indent(transport(channel)),
  ...indent(fields({ RATE: channel.rateKbps })),
  '</CHANNEL>',
];

function sourceElement({ name, key, priorityMax, untilMs }: SourceKey): string {
  const until = untilMs === undefined ? '' : ` until="${printInstant(untilMs)}"`;
  const text = escapeAttribute(name);
  return `<radio:SOURCE name="${text}" key="${key}" priority="${priorityMax}"${until}/>`;
}

function privacyBlock(privacy: Privacy | undefined): string[] {
  if (privacy === undefined) return [];
  const clusters = privacy.clusters.map((key) => `<radio:CLUSTER key="${key}"/>`);
  const revoked = privacy.revoked.map((ticket) => `<radio:REVOKED ticket="${ticket}"/>`);
  return ['<radio:PRIVATE>', ...indent([...clusters, ...revoked]), '</radio:PRIVATE>'];
}

function extras(announcement: Announcement): string[] {
  const { title, genre, language, homepage, bitrateKbps, image, isListed } = announcement;
  const { keepMs, renditions } = announcement;
  const texts = { TITLE: title, GENRE: genre, LANGUAGE: language };
  const picture = image === undefined ? undefined : sha256Text(image);
  const about = { ...texts, HOMEPAGE: homepage, BITRATE: bitrateKbps, IMAGE: picture };
  const kept = keepMs === undefined ? undefined : keepMs / 1000;
  const listed = isListed === undefined ? undefined : isListed ? 'yes' : 'no';
  const { key, issuedMs, adminKey, sources = [] } = announcement;
  const issued = issuedMs === undefined ? undefined : printInstant(issuedMs);
  return [
    ...fields({ ...about, RENDITIONS: renditions?.join(), KEEP: kept, LISTED: listed }),
    ...fields({ KEY: key, ISSUED: issued, 'ADMIN-KEY': adminKey }),
    ...sources.map(sourceElement),
    ...privacyBlock(announcement.privacy),
  ];
}

/** The sections with a blank line between them. */
const separate = (sections: readonly (readonly string[])[]): string[] =>
  sections
    .filter((section) => section.length > 0)
    .flatMap((section, index) => (index === 0 ? section : ['', ...section]));

function rootTag(announcement: Announcement, hasExtras: boolean): string[] {
  const name = `name="${escapeAttribute(announcement.name.text)}"`;
  if (!hasExtras) return ['<SCATTERCAST', `  ${name}>`];
  return ['<SCATTERCAST', `  ${name}`, `  xmlns:radio="${RADIO_NAMESPACE}">`];
}

/**
 * The XML document of an announcement, with a final newline. It escapes texts but checks nothing.
 */
export function printAnnouncement(announcement: Announcement): string {
  const additions = extras(announcement);
  const hasRates = announcement.channels.some(({ rateKbps }) => rateKbps !== undefined);
  const sections = [
    description(announcement.description),
    additions,
    ...announcement.channels.map(channelBlock),
    block('RENDEZVOUS', announcement.rendezvous),
    fields({ SIGNATURE: announcement.signature }),
  ];
  const body = separate(sections).map((line) => (line === '' ? '' : `  ${line}`));
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    ...rootTag(
      announcement,
      additions.length > 0 || hasRates || announcement.signature !== undefined,
    ),
    ...body,
    '</SCATTERCAST>',
  ];
  return `${lines.join('\n')}\n`;
}
