/**
 * Requests for what was played before: whether it is kept here, and where the player is sent if it is not, but a
 * trusted cluster has recorded it (nearest/keepers.ts). A player is sent to that cluster's own address of the
 * session, where it is answered as if it had gone there itself; so it follows one redirect more.
 *
 * Not sent are those who would not be sent elsewhere either (elsewhere.ts), and listeners of private sessions, as
 * other clusters' recordings of these need tickets.
 */
import type { Request } from 'express';
import { instantIn } from '../../api/recordings/asked-instant.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { renditionPath } from '../../session/renditions.js';
import { refPath } from '../../session/session-id.js';
import type { RecordedSession } from '../recordings/recordings.js';
import { isFromCluster } from './elsewhere.js';
import { type Context, isProxied, ownQuery } from './leading.js';
import type { Wanted } from './wanted-session.js';

/** What of a session is kept here, and in which of them. */
export async function recordedHere({ kept }: Context, { session, known }: Wanted) {
  const recordings = known?.isPublished === true ? kept.own : kept.foreign;
  if (recordings === undefined || known?.announcement.keepMs === undefined) return undefined;
  const isPrivate = known.announcement.privacy !== undefined;
  if (isPrivate && !known.isPublished) return undefined;
  const recorded: RecordedSession | undefined = await recordings.list(session, isPrivate);
  return recorded && { recorded, recordings, isPrivate };
}

/**
 * Whether what is asked for is kept here. Of a session from elsewhere there is only what was heard here, so what is
 * older than that may be elsewhere.
 */
async function isHere(context: Context, wanted: Wanted, instant: number): Promise<boolean> {
  const here = await recordedHere(context, wanted);
  if (here === undefined) return false;
  return wanted.known?.isPublished === true || instant >= here.recorded.fromMs;
}

/** The address of a cluster that has recorded the session; undefined: the request is answered here. */
export async function keeperFor(
  context: Context,
  request: Request,
  { session, known }: Wanted,
): Promise<string | undefined> {
  if (known?.announcement.privacy !== undefined || context.asksListeners) return undefined;
  if (isFromCluster(request) || isProxied(context, request)) return undefined;
  return context.elsewhere.keepers.find(session, request.protocol);
}

/** Where a player that asks for earlier sound is sent; undefined: nowhere. */
export async function earlierElsewhere(
  context: Context,
  request: Request,
  wanted: Wanted,
  ending: 'mp3' | 'm3u8',
): Promise<string | undefined> {
  const instant = instantIn(request.originalUrl, steadyTimeMs());
  if (instant === undefined || instant === null) return undefined;
  if (await isHere(context, wanted, instant)) return undefined;
  const keeper = await keeperFor(context, request, wanted);
  if (keeper === undefined) return undefined;
  const { session, rendition } = wanted;
  const path = refPath(session);
  const asked = rendition === undefined ? path : renditionPath(path, rendition);
  const query = ownQuery(context, request).filter((field) => /^(at|ago)=/.test(field));
  return `${keeper}/listen/${asked}.${ending}?${query.join('&')}`;
}
