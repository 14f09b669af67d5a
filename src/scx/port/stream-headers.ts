/** How an SCX presents its station to players and directories. */

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

/** What Icecast would tell of this SCX. */
export function icestatsOf(status: ScxStatus, { title, genre }: StreamDescription): object {
  const { httpUrl: listenUrl, startedAt, title: playing } = status;
  const teller = { host: new URL(listenUrl).hostname, product: 'Scattercast', startedAt };
  const onAir = {
    ...status,
    genre: genre ?? null,
    ...{ name: title ?? status.session, description: null, title: playing, listenUrl },
  };
  return icestats(teller, status.playing === null ? [] : [onAir]);
}
