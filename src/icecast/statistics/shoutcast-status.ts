/**
 * The status pages of SHOUTcast, which web sites, players and monitoring scripts read: `/7.html` of
 * version 1 (a list with commas), and `/stats?sid=1` of version 2 (XML, or JSON with `json=1`). They
 * describe one stream. Texts come from strangers and are escaped here.
 */
import { printable } from '../../lib/plain-text.js';
import type { IcecastSource } from './status-json.js';

/** A stream, and how many listeners it may have. */
export interface ShoutcastStream extends IcecastSource {
  readonly listenersMax: number;
  /** Different listeners. */
  readonly listenersUnique: number;
  /** For how long those at this cluster have listened on average, s. */
  readonly averageListeningS: number;
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

/** A text for XML or HTML, without the characters that XML 1.0 forbids. */
export const escapeMarkup = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (found) => ESCAPES[found] ?? '');

/** What is told of a stream, by SHOUTcast's names in lower case. Undefined: off the air. */
export const fieldsOf = (stream: ShoutcastStream | undefined) => ({
  currentlisteners: stream?.listeners ?? 0,
  peaklisteners: stream?.listenersPeak ?? 0,
  maxlisteners: stream?.listenersMax ?? 0,
  uniquelisteners: stream?.listenersUnique ?? 0,
  averagetime: stream?.averageListeningS ?? 0,
  servergenre: stream?.genre ?? '',
  serverurl: stream?.url ?? '',
  servertitle: stream?.name ?? '',
  songtitle: stream?.title ?? '',
  streamstatus: stream === undefined ? 0 : 1,
  streampath: stream === undefined ? '' : new URL(stream.listenUrl).pathname,
  bitrate: stream?.bitrateKbps ?? 0,
  samplerate: stream?.sampleRateHz ?? 0,
  content: 'audio/mpeg',
});

/** `/7.html`. Undefined: nothing is on the air. */
export function sevenHtml(stream: ShoutcastStream | undefined): string {
  const { streamstatus, peaklisteners, maxlisteners, ...rest } = fieldsOf(stream);
  const { currentlisteners, uniquelisteners, bitrate, songtitle } = rest;
  const counts = [currentlisteners, streamstatus, peaklisteners, maxlisteners, uniquelisteners];
  return `<html><body>${[...counts, bitrate, escapeMarkup(songtitle)].join(',')}</body></html>\n`;
}

/** Fields as elements, whose names are in upper case. */
export const drawFields = (fields: Readonly<Record<string, string | number>>): string =>
  Object.entries(fields)
    .map(([name, value]) => {
      const tag = name.toUpperCase();
      return `<${tag}>${escapeMarkup(`${value}`)}</${tag}>`;
    })
    .join('');

/** A document of this content. */
export const shoutcastXml = (content: string): string =>
  '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\n' +
  `<SHOUTCASTSERVER>${content}</SHOUTCASTSERVER>\n`;

/** `/stats?sid=1` as XML. */
export const statsXml = (stream: ShoutcastStream | undefined): string =>
  shoutcastXml(drawFields(fieldsOf(stream)));

/** `/stats?sid=1&json=1`, for JSON. */
export const statsJson = (stream: ShoutcastStream | undefined): object => fieldsOf(stream);
