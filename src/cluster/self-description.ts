/**
 * What a front end tells of itself, put together from its services whenever it is asked: its facts in
 * the directory, its status, and what there is room for.
 */
import type { ClusterStatus } from '../api/cluster-status.js';
import type { ScxStatus } from '../api/scx-status.js';
import type { SigningKey } from '../runtime/signing-key.js';
import { isDirectory } from '../session/announcement.js';
import { identityOf } from '../session/session-id.js';
import type { AnnouncementFinder } from './announcements/announcement-finder.js';
import type { AnnouncementStore } from './announcements/announcement-store.js';
import { type ClusterOptions, SCX_DEFAULTS } from './cluster-options.js';
import type { SessionFacts } from './directory/own-entries.js';
import type { Fleet } from './fleet/fleet.js';
import type { SharedPlatform } from './platform/platform.js';
import { clusterStatus } from './status/cluster-status.js';
import { drawRoom } from './status/room.js';
import type { SupervisorConfig } from './supervisor/supervisor-config.js';

/** The services that know something of the cluster. */
interface Sources {
  readonly options: ClusterOptions;
  /** As others reach us: `http://host:port`. */
  readonly url: string;
  readonly version: string;
  readonly config: SupervisorConfig;
  readonly fleet: Fleet;
  readonly store: AnnouncementStore;
  readonly finder: AnnouncementFinder;
  readonly clusterKey: SigningKey;
  /** What a platform of several machines adds. */
  readonly shared: SharedPlatform | undefined;
}

/** What this cluster tells others of itself. */
export function factsFrom({
  url,
  version,
  config,
  fleet,
}: Pick<Sources, 'url' | 'version' | 'fleet' | 'config'>) {
  const listenersOf = (scxs: readonly ScxStatus[]): number =>
    scxs.reduce((sum, { listeners }) => sum + listeners, 0);
  return {
    facts: () => ({
      ...{ urls: [url], version, scxsMax: config.scxsMax, scxs: fleet.size },
      listeners: listenersOf(fleet.statuses()),
    }),
    sessionFacts: (id: string): SessionFacts => {
      const scxs = fleet.statuses(id);
      const playing = scxs.find((scx) => scx.playing !== null);
      const kbps = Math.round(playing?.bitrateKbps ?? 0);
      const facts = { onAir: playing !== undefined, listeners: listenersOf(scxs) };
      return kbps > 0 ? { ...facts, kbps } : facts;
    },
  };
}

/** Puts the status together whenever it is asked for. */
export function statusFrom(sources: Omit<Sources, 'url'>) {
  const { version, config, fleet, store, finder, clusterKey, shared, options } = sources;
  const startedAt = new Date().toISOString();
  return (url: string): ClusterStatus =>
    clusterStatus({
      ...{
        url,
        version,
        startedAt,
        key: clusterKey.publicKey,
        scxsMax: config.scxsMax,
        publicMap: options.publicMap,
        scxCount: fleet.size,
      },
      machines: shared?.machines(),
      scxs: fleet.statuses(),
      spares: fleet.spares,
      running: fleet.sessions(),
      published: store.all().map(({ announcement: { name, key } }) => identityOf(name, key).id),
      recall: finder.recall,
      listenersOf: fleet.listenersOf,
    });
}

/** Says what there is room for, whenever it is asked. */
export function roomFrom(sources: Omit<Sources, 'version' | 'shared'>) {
  const { options, url, config, fleet, store, finder, clusterKey } = sources;
  const { listenersMax } = { ...SCX_DEFAULTS, ...options.scx };
  return () =>
    drawRoom({
      ...{ key: clusterKey.publicKey, url, config, scxListenersMax: listenersMax },
      carriesAny: options.carryFrom === undefined && config.foreignMax > 0,
      scxCount: fleet.size,
      scxs: fleet.statuses(),
      published: store.all().map(({ announcement: { name, key } }) => identityOf(name, key).id),
      isPublic: (id) => {
        const known = finder.recall(id);
        if (known === undefined) return false;
        return known.announcement.privacy === undefined && !isDirectory(known.announcement);
      },
    });
}

/** Leaves out private sessions. */
export const withoutPrivate = ({ cluster, sessions }: ClusterStatus): ClusterStatus => ({
  cluster,
  sessions: sessions.filter((session) => session.private !== true),
});
