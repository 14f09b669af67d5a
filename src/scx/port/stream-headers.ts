/** Describes the stream of an SCX to players (`icy-` headers) and directories (status-json.xsl). */

import type { ScxStatus } from '../../api/scx-status.js';
import type { Fields } from '../../http/server/response.js';
import { icestats } from '../../icecast/status-json.js';
import { icyHeaderText, type StreamDescription } from '../../icecast/stream-description.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';

/** The stream's `icy-` headers. */
export function streamFields(
  { title, genre }: StreamDescription,
  name: SessionName,
  bitrateKbps: number | undefined,
): Fields {
  return {
    'icy-name': icyHeaderText(title ?? sessionPath(name)),
    'icy-genre': genre === undefined ? undefined : icyHeaderText(genre),
    'icy-br': bitrateKbps,
    'icy-pub': 1,
  };
}

/** The status-json.xsl document that an Icecast server in place of this SCX would answer. */
export function icestatsOf(status: ScxStatus, { title, genre }: StreamDescription): object {
  const { httpUrl: listenUrl, startedAt, title: playing } = status;
  const server = { host: new URL(listenUrl).hostname, product: 'Scattercast', startedAt };
  const source = {
    ...status,
    genre: genre ?? null,
    ...{ name: title ?? status.session, description: null, title: playing, listenUrl },
  };
  return icestats(server, status.playing === null ? [] : [source]);
}
