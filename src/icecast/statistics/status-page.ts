/**
 * `/status.xsl`: Icecast's status page for people, in the table that scripts have learned to read. Texts
 * come from strangers and are escaped.
 */
import { escapeMarkup } from './shoutcast-status.js';
import type { IcecastSource } from './status-json.js';

function sourceTable(source: IcecastSource): string {
  const rows = {
    'Stream Name:': source.name,
    'Stream Description:': source.description,
    'Content Type:': 'audio/mpeg',
    'Bitrate:': source.bitrateKbps,
    'Listeners (current):': source.listeners,
    'Listeners (peak):': source.listenersPeak,
    'Genre:': source.genre,
    'Stream URL:': source.url,
    'Currently playing:': source.title,
  };
  const lines = Object.entries(rows)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(
      ([name, value]) =>
        `<tr><td>${name}</td><td class="streamstats">${escapeMarkup(`${value}`)}</td></tr>`,
    );
  const url = escapeMarkup(source.listenUrl);
  const mount = escapeMarkup(new URL(source.listenUrl).pathname);
  return `<h2><a href="${url}">Mount Point ${mount}</a></h2>\n<table>\n${lines.join('\n')}\n</table>`;
}

/** The page, whole. */
export const statusPage = (sources: readonly IcecastSource[]): string =>
  [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>Streams</title></head><body>',
    '<h1>Streams</h1>',
    ...(sources.length === 0 ? ['<p>Nothing is on the air.</p>'] : sources.map(sourceTable)),
    '</body></html>',
    '',
  ].join('\n');
