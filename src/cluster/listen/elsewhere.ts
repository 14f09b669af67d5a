/**
 * Sends a listener to another cluster: to one that is much nearer, and, when this one is full, to any
 * that has room (nearest/). The player follows one redirect as always, to an SCX of the other cluster.
 *
 * Not sent are players that follow no redirects, those that ask with a name and a password or at a
 * cluster that asks for these, those that ask for earlier sound, which is kept here, and requests of
 * other clusters, which have been sent already.
 */
import type { Request, Response } from 'express';
import { FROM_CLUSTER_FIELD } from '../nearest/ask-for-listener.js';
import type { Seeker, SentBecause } from '../nearest/nearest.js';
import type { TrustedCluster } from '../nearest/trusted-clusters.js';
import { clientOf } from '../web/client.js';
import { type Context, isListener, isProxied, ownQuery } from './leading.js';
import type { Wanted } from './wanted-session.js';

/** Clusters that are asked for one listener, who waits meanwhile. Guess. */
const ASKED_MAX = 2;

/** Whether another cluster asks, for a listener of whom it knows. */
export const isFromCluster = (request: Request): boolean =>
  request.get(FROM_CLUSTER_FIELD) !== undefined;

const staysHere = (context: Context, request: Request): boolean =>
  context.asksListeners ||
  isFromCluster(request) ||
  isProxied(context, request) ||
  'at' in request.query ||
  'ago' in request.query;

/** Where the player is to go; undefined: it stays here. */
async function locationAt(
  context: Context,
  request: Request,
  response: Response,
  { session, rendition }: Wanted,
  clusters: readonly TrustedCluster[],
) {
  const asking = {
    ...{ session, rendition, scheme: request.protocol, address: clientOf(response) },
    ...{ query: ownQuery(context, request), isListener: isListener(request) },
  };
  for (const to of clusters.slice(0, ASKED_MAX)) {
    const location = await context.elsewhere.askForListener(to, asking);
    if (location !== undefined) return { to, location };
  }
  return undefined;
}

/**
 * The SCX of another cluster to which the player is sent; undefined: none. `why`: because that cluster is
 * nearer, or because this one is full.
 */
export async function locationElsewhere(
  context: Context,
  request: Request,
  response: Response,
  wanted: Wanted,
  why: SentBecause,
): Promise<string | undefined> {
  if (staysHere(context, request)) return undefined;
  const { nearest, onSent } = context.elsewhere;
  const privacy = wanted.known?.announcement.privacy;
  const seeker: Seeker = { address: clientOf(response), privacy };
  const clusters = why === 'nearer' ? nearest.nearer(seeker) : nearest.instead(seeker);
  const found = await locationAt(context, request, response, wanted, clusters);
  if (found === undefined) return undefined;
  if (isListener(request)) {
    onSent(why);
    if (why === 'nearer') nearest.onSent(seeker, found.to);
  }
  return found.location;
}
