/**
 * Which session a source client means: it names a mount, which is the session's own name or one from
 * the configuration, or (SHOUTcast) nothing but the password, which belongs to one session.
 */

import type { ScxStatus } from '../../api/scx-status.js';
import { sessionOfMount } from '../../icecast/mount.js';
import { pathOf } from '../../lib/url-path.js';
import { hashSecret } from '../../runtime/secrets.js';
import { parseSessionName, type SessionName } from '../../session/session-name.js';
import type { Mounts } from '../cluster-options.js';
import { runningScx, scxFor } from '../fleet/scx-for-session.js';
import type { FrontEndContext } from '../front-end-context.js';
import { type Found, found, missing, problem } from '../web/problem.js';

/** The session that is fed at a mount, which may have a query. */
export function sessionAt(mounts: Mounts, mount: string): SessionName | undefined {
  const path = pathOf(mount);
  return path === undefined ? undefined : (mounts.get(path) ?? sessionOfMount(path));
}

/** The SCX that takes the session's sources: the first one here, launched if need be. */
export async function feedableScx(
  context: FrontEndContext,
  name: SessionName,
): Promise<Found<ScxStatus>> {
  const known = context.finder.recall(name.text);
  if (known !== undefined) return scxFor(context, known);
  const running = runningScx(context, name.text);
  if (running !== undefined) return found(running);
  return missing(
    problem(404, `${name.text} is not known at this cluster; announce it here first.`),
  );
}

/** The session whose source password this is, among those that are known here. */
export function sessionOfPassword(
  { store, fleet, finder }: FrontEndContext,
  password: string,
): SessionName | undefined {
  const key = hashSecret(password);
  const published = store.all().map(({ announcement }) => announcement);
  const own = published.find(({ sourceKey }) => sourceKey === key);
  if (own !== undefined) return own.name;
  const running = fleet.statuses().map(({ session }) => session);
  const session = running.find((each) => finder.recall(each)?.announcement.sourceKey === key);
  const name = session === undefined ? undefined : parseSessionName(session);
  return name?.ok ? name.value : undefined;
}
