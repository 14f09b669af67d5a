/** How an SCX presents its station to players and directories. */

import type { ScxStatus } from '../../api/scx-status.js';
import type { Fields } from '../../http/server/response.js';
import { icestats } from '../../icecast/status-json.js';
import { plainText } from '../../lib/plain-text.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';
import type { StreamDescription } from '../lease.js';

const TEXT_LENGTH_MAX = 256;

/** A header's text: UTF-8, byte by byte. */
const headerText = (text: string): string =>
  Buffer.from(plainText(text, TEXT_LENGTH_MAX) ?? '').toString('latin1');

/** The stream's `icy-` headers. */
export function streamFields(
  { title, genre }: StreamDescription,
  name: SessionName,
  bitrateKbps: number | undefined,
): Fields {
  return {
    'icy-name': headerText(title ?? sessionPath(name)),
    'icy-genre': genre === undefined ? undefined : headerText(genre),
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
