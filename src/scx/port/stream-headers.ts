/** Describes the stream of an SCX to players (`icy-` headers) and directories (status-json.xsl). */

import { SESSION_HEADER, sessionHeader } from '../../api/header-fields.js';
import { playedHere, type ScxStatus } from '../../api/scx-status.js';
import type { Fields } from '../../http/server/response.js';
import { icestats } from '../../icecast/statistics/status-json.js';
import { icyFields, type StreamDescription } from '../../icecast/stream-description.js';
import { isStreamOf } from '../../icecast/stream-path.js';
import type { SessionIdentity } from '../../session/session-id.js';
import { sessionPath } from '../../session/session-name.js';

/** The stream's `icy-` headers, and its session. */
export function streamFields(
  description: StreamDescription,
  name: SessionIdentity,
  bitrateKbps: number | undefined,
): Fields {
  const title = description.title ?? sessionPath(name);
  return {
    ...icyFields({ ...description, title }),
    'icy-br': bitrateKbps,
    [SESSION_HEADER]: sessionHeader(name.id),
  };
}

/**
 * The status-json.xsl document that an Icecast server in place of this SCX would answer. If the source is
 * attached here, the listeners are those of the whole session, and the mount is the one that is fed, as
 * far as it is heard at this port.
 */
export function icestatsOf(
  name: SessionIdentity,
  status: ScxStatus,
  { title, genre, text, url }: StreamDescription,
): object {
  const { httpUrl, startedAt, title: playing } = status;
  const { audience, mount } = playedHere(status) ?? {};
  const isHeard = mount !== undefined && isStreamOf(decodeURI(mount), name);
  const listenUrl = isHeard ? new URL(mount, httpUrl).href : httpUrl;
  const listeners = Math.max(status.listeners, audience ?? 0);
  const server = { host: new URL(httpUrl).hostname, product: 'Scattercast', startedAt };
  const source = {
    ...status,
    listeners,
    listenersPeak: Math.max(listeners, status.listenersPeak),
    genre: genre ?? null,
    url: url ?? null,
    startedAt: status.playingSince ?? startedAt,
    ...{ name: title ?? name.text, description: text ?? null, title: playing, listenUrl },
  };
  return icestats(server, status.playing === null ? [] : [source]);
}
