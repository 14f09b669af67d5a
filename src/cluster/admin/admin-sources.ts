/**
 * The sessions of this cluster as the sources of an Icecast server, for its administrators: each
 * session at its own mount, with what its SCXs report and what they tell about their clients.
 */
import type { SessionStatus } from '../../api/cluster-status.js';
import type { ScxSources } from '../../api/scx-admin.js';
import type { AdminSource, AdminTotals } from '../../icecast/statistics/admin-xml.js';
import { listenersOf, type MountNames, shownMount, streamOf } from '../status/icecast-sources.js';

/** A session, and what its SCXs here told about their clients. */
export interface ToldSession {
  readonly session: SessionStatus;
  readonly told: readonly ScxSources[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** A session that is on the air; `url`: that of the cluster, as the client reaches it. */
export function adminSource(
  { session, told }: ToldSession,
  url: string,
  mounts: MountNames,
): AdminSource {
  const playing = session.scxs.find((scx) => scx.playing !== null)?.playing;
  const clients = told.flatMap(({ sources }) => sources);
  return {
    ...streamOf(session, url, mounts),
    mount: shownMount(session, mounts),
    client: clients.find(({ id }) => id === playing),
    slowListeners: sum(told.map(({ slowListeners }) => slowListeners)),
    bytesRead: sum(told.map(({ bytesRead }) => bytesRead)),
    bytesSent: sum(told.map(({ bytesSent }) => bytesSent)),
  };
}

/** The sums over some sessions. */
export const adminTotals = (sessions: readonly ToldSession[]): AdminTotals => ({
  listeners: sum(sessions.map(({ session }) => listenersOf(session))),
  listenerConnections: sum(sessions.map(({ session }) => session.listenersTotal)),
  sourceConnections: sum(sessions.flatMap(({ told }) => told.map(({ attached }) => attached))),
});
