/** What `tune` is to receive: a name, an address at which players listen, or an announcement. */
import { parseStreamPath } from '../../icecast/stream-path.js';
import { pathOf, urlOf } from '../../lib/url-path.js';

/** A session, as the user has named it. */
export interface TunedAddress {
  /** The announcement's URL, or the session's name. */
  readonly announcement: string;
  /** `http://HOST:PORT`; undefined: the address names none. */
  readonly cluster?: string | undefined;
  readonly ticket?: string | undefined;
}

const LISTEN = /^\/listen(?:\/(.+)|\.\w+)?$/;

/** Reads what the user has written; what is no address at which players listen stays as it is. */
export function tunedAddress(text: string): TunedAddress {
  const url = urlOf(text);
  const isHttp = url !== undefined && /^https?:$/.test(url.protocol);
  const listen = isHttp ? LISTEN.exec(pathOf(url.pathname) ?? '') : null;
  if (!isHttp || listen === null) return { announcement: text };
  const { origin: cluster, searchParams } = url;
  const ticket = searchParams.get('ticket') ?? undefined;
  const [, path] = listen;
  const named = path === undefined ? '' : parseStreamPath(path).mount;
  return { announcement: searchParams.get('announcement') ?? named, cluster, ticket };
}
