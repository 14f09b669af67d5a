/**
 * The paths by which players ask for a stream: a mount as the encoder feeds it, with an ending or
 * without one, and what players of SHOUTcast put behind it. WinAmp and others add `;stream.nsv` or `;`,
 * so that a server sends the stream and not its page.
 */

import { parseRenditionPath } from '../session/renditions.js';
import type { SessionIdentity } from '../session/session-id.js';
import type { ListenEnding } from './listen-url.js';
import { isPathOf } from './mount.js';

/** What a path asks for. */
export interface StreamPath {
  /** `/live`; `/` for the server's first stream. */
  readonly mount: string;
  readonly ending: ListenEnding;
}

const ENDING = /\.(mp3|m3u8?|pls|xspf|sdp)$/i;

/** Reads a path, without its query and decoded. */
export function parseStreamPath(path: string): StreamPath {
  const parametersAt = path.indexOf(';', path.lastIndexOf('/') + 1);
  const plain = parametersAt === -1 ? path : path.slice(0, parametersAt);
  const ending = ENDING.exec(plain)?.[1]?.toLowerCase() as ListenEnding | undefined;
  if (ending === undefined) return { mount: plain, ending: 'mp3' };
  return { mount: plain.slice(0, -ending.length - 1), ending };
}

/** Whether a path is that of a session's stream, where a server has no other session. */
export function isStreamOf(path: string, session: SessionIdentity): boolean {
  const { mount, ending } = parseStreamPath(path);
  if (ending !== 'mp3') return false;
  const isFirst = mount === '/' && path.startsWith('/;');
  return isFirst || isPathOf(mount, session);
}

/**
 * The rate of the rendition of a session that a path asks for, kbit/s; undefined: it asks for none. A session
 * may be called like the rendition of another one, so `isStreamOf` is to be asked first.
 */
export function renditionAt(path: string, session: SessionIdentity): number | undefined {
  const { mount, ending } = parseStreamPath(path);
  const asked = ending === 'mp3' ? parseRenditionPath(mount) : undefined;
  return asked !== undefined && isPathOf(asked.path, session) ? asked.kbps : undefined;
}

/** The same for its playlist of HLS. */
export function isHlsPlaylistOf(path: string, session: SessionIdentity): boolean {
  const { mount, ending } = parseStreamPath(path);
  return ending === 'm3u8' && isPathOf(mount, session);
}
