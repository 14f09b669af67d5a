/**
 * Asks another cluster for an SCX for a listener, as the listener's player would ask itself, and passes
 * its answer on: the player is sent on once, to the SCX, where a slot is reserved. So a cluster that is
 * full, dead, or does not carry the session is noticed before anybody is sent there, and players that
 * follow one redirect only get where they should.
 *
 * The request says that it comes from a cluster, which ends all loops: such a request is sent on by
 * nobody. It tells nothing of the listener but what belongs to the session, like a ticket.
 *
 * Bounded: one request of a second, and failures that are remembered for two seconds.
 */
import { isIP } from 'node:net';
import { guardedRequest } from '../../http/client/guarded-request.js';
import { listenUrl } from '../../icecast/listen-url.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { urlOf } from '../../lib/url-path.js';
import { renditionPath } from '../../session/renditions.js';
import { refPath, type SessionIdentity } from '../../session/session-id.js';
import type { TrustedCluster } from './trusted-clusters.js';

/** The header of such a request; its value is the asking cluster's key. */
export const FROM_CLUSTER_FIELD = 'Scattercast-From';

/** The listener, as far as it matters to the other cluster. */
interface Asking {
  readonly session: SessionIdentity;
  /** A rendition of it, kbit/s; undefined: the stream as it is. */
  readonly rendition?: number | undefined;
  /** Parameters that the player has added for the session, as it wrote them. */
  readonly query: readonly string[];
  /** By which the player came; no player is sent to the other scheme. */
  readonly scheme: string;
  /** Of the player, here: one of IPv6 may not reach an IPv4 address. */
  readonly address: string;
  /** False: it only looks, and needs no slot. */
  readonly isListener: boolean;
}

/** Resolves to where the player is sent; undefined: not there, now. Never rejects. */
export type AskForListener = (to: TrustedCluster, asking: Asking) => Promise<string | undefined>;

const TIMEOUT_MS = 1000;
const FAILED_MS = 2000;
const FAILURES_KEPT = 1000;
const LOCATION_LENGTH_MAX = 512;

/** Whether an address of one family is given to a client of the other. */
function isOtherFamily(hostname: string, address: string): boolean {
  const family = isIP(hostname.replace('[', '').replace(']', ''));
  return family !== 0 && family !== isIP(address);
}

/** The address in a redirect, if this player can be sent there. */
function checked(location: string | undefined, { scheme, address }: Asking): string | undefined {
  if (location === undefined || location.length > LOCATION_LENGTH_MAX) return undefined;
  const url = urlOf(location);
  if (url === undefined || url.protocol !== `${scheme}:` || !url.pathname.endsWith('.mp3')) {
    return undefined;
  }
  const isPlain = url.username === '' && url.password === '' && url.hash === '';
  return isPlain && !isOtherFamily(url.hostname, address) ? location : undefined;
}

/** Where the player asks at the other cluster. */
function urlFor({ url }: TrustedCluster, { session, rendition, query, scheme }: Asking): URL {
  const path = refPath(session);
  const asked = rendition === undefined ? path : renditionPath(path, rendition);
  const at = new URL(listenUrl(url, asked, 'mp3', query));
  at.protocol = `${scheme}:`;
  return at;
}

/** Creates the questions. `now`: ms, monotonic. */
export function createAskForListener(
  options: { readonly ownKey: string; readonly allowPrivate: boolean; now(): number },
  request = guardedRequest,
): AskForListener {
  const { ownKey, allowPrivate, now } = options;
  const failedAt = createBoundedMap<string, number>(FAILURES_KEPT);

  const ask = async (to: TrustedCluster, asking: Asking): Promise<string | undefined> => {
    const response = await request({
      ...{ url: urlFor(to, asking), method: asking.isListener ? 'GET' : 'HEAD', allowPrivate },
      headers: { [FROM_CLUSTER_FIELD]: ownKey },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    response.destroy();
    return response.statusCode === 302 ? checked(response.headers.location, asking) : undefined;
  };

  const hasFailed = (what: string): boolean =>
    now() - (failedAt.get(what) ?? Number.NEGATIVE_INFINITY) < FAILED_MS;

  return async (to, asking) => {
    const cluster = `${asking.scheme} ${to.url}`;
    const session = `${cluster} ${asking.session.id}`;
    if (hasFailed(cluster) || hasFailed(session)) return undefined;
    try {
      const location = await ask(to, asking);
      if (location === undefined) failedAt.set(session, now());
      return location;
    } catch {
      failedAt.set(cluster, now());
      return undefined;
    }
  };
}
