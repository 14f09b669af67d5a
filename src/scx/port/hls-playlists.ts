/**
 * The playlists of HLS (RFC 8216 §4). A player first gets the list of variants, of which there is one;
 * its address holds an id, by which the listener is counted as long as the player asks again. All
 * addresses are relative, so they lead to wherever the playlist came from: an SCX, or a front end that
 * passes it on.
 */
import { printInstant } from '../../lib/instant.js';
import type { ListedSegment } from '../recording/kept-segments.js';
import { TARGET_S, titleDigest } from '../sound/segment.js';

export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';

/** What a rate is taken for while nothing is known of the stream, kbit/s. */
const BITRATE_KBPS = 128;
/** Tags, and frames that are larger than the average, as a share. Guess. */
const OVERHEAD = 1.1;

const print = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/**
 * The list of variants: the sound as it is, and the renditions of it.
 *
 * @param session the last part of the session's name, as it stands in addresses
 * @param more what the address of the list of segments holds besides: the ticket that lets the listener in,
 *   if the session is private, and where earlier sound begins (recording/kept-segments.ts); checked
 */
export function variantPlaylist(
  session: string,
  id: string,
  bitrateKbps: number | undefined,
  more: { readonly ticket?: string | undefined; readonly from?: string | undefined } = {},
  renditions: readonly number[] = [],
): string {
  const variant = (kbps: number, rate?: string): string[] => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${Math.ceil(kbps * 1000 * OVERHEAD)},CODECS="mp4a.40.34"`,
    withQuery(`${session}.m3u8`, { id, rate, ...more }),
  ];
  return print([
    '#EXTM3U',
    ...variant(bitrateKbps ?? BITRATE_KBPS),
    ...renditions.flatMap((kbps) => variant(kbps, `${kbps}`)),
  ]);
}

/** A path with the parameters that have a value. */
function withQuery(path: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter(([, value]) => (value ?? '') !== '');
  const query = given.map(([name, value]) => `${name}=${value}`).join('&');
  return query === '' ? path : `${path}?${query}`;
}

/** The name of a segment, and in the query what else its bytes depend on. */
const segmentTarget = (segment: ListedSegment, ticket: string | undefined): string => {
  const { name, title, keptAt } = segment;
  const kept = keptAt === undefined ? undefined : String(keptAt);
  return withQuery(name, { t: titleDigest(title), kept, ticket });
};

const entry = (session: string, segment: ListedSegment, ticket: string | undefined): string[] => [
  ...(segment.startsStream ? ['#EXT-X-DISCONTINUITY'] : []),
  ...(segment.at === undefined ? [] : [`#EXT-X-PROGRAM-DATE-TIME:${printInstant(segment.at)}`]),
  `#EXTINF:${(segment.durationMs / 1000).toFixed(5)},${segment.title ?? ''}`,
  `${session}/${segmentTarget(segment, ticket)}`,
];

/** The list of segments, oldest first; there must be at least one. `ticket`: as above. */
export function mediaPlaylist(
  session: string,
  segments: readonly ListedSegment[],
  ticket?: string,
): string {
  const [first] = segments;
  const discontinuities = (first?.discontinuities ?? 0) - Number(first?.startsStream ?? false);
  return print([
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    `#EXT-X-TARGETDURATION:${TARGET_S}`,
    `#EXT-X-MEDIA-SEQUENCE:${first?.number ?? 0}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuities}`,
    ...segments.flatMap((segment) => entry(session, segment, ticket)),
  ]);
}
