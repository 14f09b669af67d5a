/**
 * Playlists of one entry, which many players and most hardware radios are given instead of the
 * stream's own address. The entry is the cluster's address, never an SCX's, so that a player that
 * connects again is sent to an SCX that runs.
 */

/** The entry. */
export interface PlaylistEntry {
  readonly url: string;
  /** One line of plain text. */
  readonly title: string;
}

interface Format {
  /** Without a charset: some players compare it as a whole. */
  readonly type: string;
  print(entry: PlaylistEntry): readonly string[];
}

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const escapeXml = (text: string): string => text.replace(/[&<>]/g, (found) => XML[found] ?? '');

const FORMATS = {
  m3u: {
    type: 'audio/x-mpegurl',
    print: ({ url, title }) => ['#EXTM3U', `#EXTINF:-1,${title}`, url],
  },
  pls: {
    type: 'audio/x-scpls',
    print: ({ url, title }) => [
      ...['[playlist]', 'NumberOfEntries=1'],
      ...[`File1=${url}`, `Title1=${title}`, 'Length1=-1', 'Version=2'],
    ],
  },
  xspf: {
    type: 'application/xspf+xml',
    print: ({ url, title }) => [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<playlist version="1" xmlns="http://xspf.org/ns/0/">',
      `  <title>${escapeXml(title)}</title>`,
      '  <trackList>',
      `    <track><location>${escapeXml(url)}</location><title>${escapeXml(title)}</title></track>`,
      '  </trackList>',
      '</playlist>',
    ],
  },
} satisfies Readonly<Record<string, Format>>;

/** The kinds of playlists, by the ending of their names. */
export type PlaylistKind = keyof typeof FORMATS;

export const PLAYLIST_KINDS = Object.keys(FORMATS) as readonly PlaylistKind[];

/** The media type and the UTF-8 bytes of a playlist. */
export function printPlaylist(kind: PlaylistKind, entry: PlaylistEntry) {
  const { type, print } = FORMATS[kind];
  return { type, body: Buffer.from(`${print(entry).join('\n')}\n`) };
}
