/** Describes the stream of an SCX to players (`icy-` headers) and directories (status-json.xsl). */

import type { ScxStatus } from '../../api/scx-status.js';
import type { Fields } from '../../http/server/response.js';
import { icestats } from '../../icecast/status-json.js';
import { icyHeaderText, type StreamDescription } from '../../icecast/stream-description.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';

/** The stream's `icy-` headers. */
export function streamFields(
  { title, genre, text, url }: StreamDescription,
  name: SessionName,
  bitrateKbps: number | undefined,
): Fields {
  const field = (value: string | undefined) => value && icyHeaderText(value);
  return {
    'icy-name': icyHeaderText(title ?? sessionPath(name)),
    'icy-description': field(text),
    'icy-genre': field(genre),
    'icy-url': field(url),
    'icy-br': bitrateKbps,
    'icy-pub': 1,
  };
}

/** The status-json.xsl document that an Icecast server in place of this SCX would answer. */
export function icestatsOf(status: ScxStatus, { title, genre, text }: StreamDescription): object {
  const { httpUrl: listenUrl, startedAt, title: playing } = status;
  const server = { host: new URL(listenUrl).hostname, product: 'Scattercast', startedAt };
  const source = {
    ...status,
    genre: genre ?? null,
    startedAt: status.playingSince ?? startedAt,
    ...{ name: title ?? status.session, description: text ?? null, title: playing, listenUrl },
  };
  return icestats(server, status.playing === null ? [] : [source]);
}
