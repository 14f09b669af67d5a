/**
 * Reads an announcement (§2.2, Figure 2) in three steps, each with its own file: the document
 * becomes a tree within limits (xml-tree.ts), the tree is compared with Figure 2
 * (announcement-shape.ts), and here the values are read. All problems that the second and the third
 * step find are reported together.
 */
import { excerpt } from '../lib/excerpt.js';
import { parsePlainText } from '../lib/plain-text.js';
import { bad, good, type Result } from '../lib/result.js';
import { readXml, type XmlElement } from '../lib/xml/xml-tree.js';
import { ANNOUNCEMENT_LIMITS, type Announcement, type Channel } from './announcement.js';
import { checkShape, childrenOf } from './announcement-shape.js';
import { dropAbsent } from './drop-absent.js';
import { createFindings, type Findings } from './findings.js';
import { parseLocation, parseWebAddress } from './location.js';
import { parseSha256 } from './public-key.js';
import { parseRenditions } from './renditions.js';
import { parseSessionName } from './session-name.js';
import { readSignedFields } from './signed-fields.js';

const LIMITS = ANNOUNCEMENT_LIMITS;
/** Both are what an SCX sends to its group: datagrams, and what is lost is asked for as SRM does it. */
const MULTICAST: readonly string[] = ['udp', 'srm'];

/** A whole number without sign or leading zeros, between `min` and `max`. */
function parseWhole(what: string, text: string, min: number, max: number): Result<number> {
  const value = /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return good(value);
  return bad(`${what} must be a whole number from ${min} to ${max}, got ${excerpt(text)}`);
}

function parseUnicast(text: string): Result<Channel['unicast']> {
  const unicast = text.toLowerCase();
  if (unicast === 'tcp' || unicast === 'udp') return good(unicast);
  return bad(`the unicast transport of a channel must be tcp or udp, got ${excerpt(text)}`);
}

function parseMulticast(text: string): Result<string> {
  const multicast = text.toLowerCase();
  if (MULTICAST.includes(multicast)) return good(multicast);
  return bad(
    `the multicast transport of a channel must be udp or srm, got ${excerpt(text)}: no other protocol is ` +
      'spoken here, and the group is chosen by each cluster (cluster --multicast)',
  );
}

/** The text of an optional element; undefined also if the element is empty. */
function readText(
  parent: XmlElement,
  child: string,
  what: string,
  lengthMax: number,
  findings: Findings,
): string | undefined {
  const element = childrenOf(parent, child)[0];
  if (element === undefined) return undefined;
  return findings.take(parsePlainText(what, element.text, lengthMax)) || undefined;
}

function readChannel(element: XmlElement, findings: Findings): Channel {
  const id = element.attributes.get('id') ?? '0';
  const transport = childrenOf(element, 'TRANSPORT')[0]?.attributes;
  const multicast = transport?.get('multicast');
  const rate = readText(element, 'radio:RATE', 'the rate', LIMITS.documentBytesMax, findings);
  const lengthMax = LIMITS.channelDescriptionLengthMax;
  return dropAbsent({
    id: findings.take(parseWhole('the id of a channel', id, 0, LIMITS.channelIdMax)) ?? 0,
    description: readText(element, 'DESCRIPTION', "a channel's description", lengthMax, findings),
    unicast: findings.take(parseUnicast(transport?.get('unicast') ?? 'tcp')) ?? 'tcp',
    multicast: multicast === undefined ? undefined : findings.take(parseMulticast(multicast)),
    rateKbps: rate === undefined ? undefined : findings.take(parseRate(rate)),
  });
}

const parseRate = (text: string): Result<number> =>
  parseWhole('the rate of a channel in kbit/s', text, 1, LIMITS.channelRateKbpsMax);

function readChannels(root: XmlElement, findings: Findings): readonly Channel[] {
  const elements = childrenOf(root, 'CHANNEL');
  if (elements.length > LIMITS.channelsMax) {
    findings.add(
      `there are ${elements.length} channels; at most ${LIMITS.channelsMax} are allowed`,
    );
    return [];
  }
  const channels = elements.map((element) => readChannel(element, findings));
  const ids = elements.flatMap((element) => element.attributes.get('id') ?? []);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) {
    findings.add(`the channel id ${excerpt(id)} is used twice; give each channel its own`);
  }
  return channels;
}

/** Distinct locations in normal form, in the order of the document. */
function readRendezvous(root: XmlElement, findings: Findings): readonly string[] {
  const element = childrenOf(root, 'RENDEZVOUS')[0];
  if (element === undefined) return [];
  const texts = element.text.split(/\s+/).filter((text) => text !== '');
  if (texts.length === 0) findings.add('<RENDEZVOUS> must name at least one location');
  if (texts.length > LIMITS.rendezvousMax) {
    findings.add(
      `<RENDEZVOUS> names ${texts.length} locations; ` +
        `at most ${LIMITS.rendezvousMax} are allowed`,
    );
    return [];
  }
  const locations = texts.map((text) => findings.take(parseLocation(text))?.text ?? text);
  return [...new Set(locations)];
}

function readExtras(root: XmlElement, findings: Findings) {
  const text = (child: string, what: string, lengthMax: number): string | undefined =>
    readText(root, child, what, lengthMax, findings);
  // These bounds admit any document: the parsers below refuse what is too long, with their own words.
  const homepage = text('radio:HOMEPAGE', 'the homepage', LIMITS.documentBytesMax);
  const listed = text('radio:LISTED', 'the listing', LIMITS.documentBytesMax);
  const language = text('radio:LANGUAGE', 'the language', LIMITS.documentBytesMax);
  const bitrate = text('radio:BITRATE', 'the bitrate', LIMITS.documentBytesMax);
  const image = text('radio:IMAGE', 'the image', LIMITS.documentBytesMax);
  const renditions = text('radio:RENDITIONS', 'the renditions', LIMITS.documentBytesMax);
  const keep = text('radio:KEEP', 'the time to keep', LIMITS.documentBytesMax);
  return {
    title: text('radio:TITLE', 'the title', LIMITS.titleLengthMax),
    genre: text('radio:GENRE', 'the genre', LIMITS.genreLengthMax),
    language: language === undefined ? undefined : findings.take(parseLanguage(language)),
    homepage:
      homepage &&
      findings.take(parseWebAddress('the homepage', homepage, LIMITS.homepageLengthMax)),
    bitrateKbps: bitrate === undefined ? undefined : findings.take(parseBitrate(bitrate)),
    image: image === undefined ? undefined : findings.take(parseSha256('the image', image)),
    renditions: renditions === undefined ? undefined : findings.take(parseRenditions(renditions)),
    keepMs: keep === undefined ? undefined : parsedKeep(findings.take(parseKeep(keep))),
    isListed: listed === undefined ? undefined : findings.take(parseListed(listed)),
  };
}

const LANGUAGE = /^[a-z]{2,8}(?:-[a-z0-9]{1,8})*$/;

function parseLanguage(text: string): Result<string> {
  const language = text.toLowerCase();
  if (language.length <= LIMITS.languageLengthMax && LANGUAGE.test(language)) return good(language);
  return bad(`the language must be a tag like en or pt-br, got ${excerpt(text)}`);
}

function parseListed(text: string): Result<boolean> {
  if (text === 'yes' || text === 'no') return good(text === 'yes');
  return bad(`<LISTED> must be yes or no, got ${excerpt(text)}`);
}

const parseBitrate = (text: string): Result<number> =>
  parseWhole('the bitrate in kbit/s', text, LIMITS.bitrateKbpsMin, LIMITS.bitrateKbpsMax);

const parseKeep = (text: string): Result<number> =>
  parseWhole('the time to keep, in seconds,', text, 1, LIMITS.keepSecondsMax);

const parsedKeep = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

/**
 * The announcement in an XML document, or all of its problems. Never throws; takes time linear in
 * the size of the document, which is bounded.
 */
export function parseAnnouncement(xml: string): Result<Announcement> {
  const tree = readXml(xml, LIMITS);
  if (!tree.ok) return bad(...tree.problems.map((why) => `the announcement is refused: ${why}`));
  const root = tree.value;
  const findings = createFindings();
  checkShape(root, findings);
  const nameText = root.attributes.get('name');
  const name = nameText === undefined ? undefined : findings.take(parseSessionName(nameText));
  const lengthMax = LIMITS.descriptionLengthMax;
  const description = readText(root, 'DESCRIPTION', 'the description', lengthMax, findings);
  const channels = readChannels(root, findings);
  const rendezvous = readRendezvous(root, findings);
  const extras = { ...readExtras(root, findings), ...readSignedFields(root, findings) };
  if (name === undefined || !findings.empty) return findings.refuse();
  return good(dropAbsent({ name, description, channels, rendezvous, ...extras }));
}
