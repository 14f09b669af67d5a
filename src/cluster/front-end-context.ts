/** What the routes of a front end share. */
import type { Logger } from 'pino';
import type { ClusterStatus } from '../api/cluster-status.js';
import type { RequestRate } from '../http/server/request-rate.js';
import type { Announcement } from '../session/announcement.js';
import type { AnnouncementFinder, Known } from './announcements/announcement-finder.js';
import type { AnnouncementStore } from './announcements/announcement-store.js';
import type { Ownership } from './announcements/ownership.js';
import type { Mounts } from './cluster-options.js';
import type { FallbackFiles } from './fallback/fallback-files.js';
import type { Fleet } from './fleet/fleet.js';
import type { StreamProxy } from './listen/stream-proxy.js';
import type { ClusterMetrics } from './status/cluster-metrics.js';
import type { LaunchFacts } from './supervisor/supervisor-types.js';
import type { Page } from './web/pages.js';
import type { Webhooks } from './webhooks/webhooks.js';

export interface FrontEndContext {
  /** As others reach us: `http://host:port`. */
  readonly url: string;
  /** What SCXs show when they renew their leases. */
  readonly secret: string;
  readonly store: AnnouncementStore;
  readonly fallbacks: FallbackFiles;
  readonly finder: AnnouncementFinder;
  readonly fleet: Fleet;
  readonly metrics: ClusterMetrics;
  readonly pages: readonly Page[];
  readonly proxy: StreamProxy;
  /** Where sessions are fed, besides at their own names. */
  readonly mounts: Mounts;
  /** For how many listeners of one address a place is held until they come. */
  readonly places: RequestRate;
  /** There is a certificate: our port and those of the SCXs speak https, too. */
  readonly speaksTls: boolean;
  /** Whose X-Forwarded-For counts: addresses, or ranges of them as CIDR. */
  readonly trustedProxies: readonly string[];
  /** Whether strangers may have us connect to private addresses. */
  readonly allowPrivate: boolean;
  readonly ownership: Ownership;
  readonly webhooks: Webhooks;
  readonly log: Logger;
  status(): ClusterStatus;
}

/** The part of an announcement that its SCX needs. `url`: of one that is not published here. */
export const factsOf = (announcement: Announcement, url?: string): LaunchFacts => ({
  title: announcement.title,
  genre: announcement.genre,
  channels: announcement.channels.map((channel) => ({ ...channel })),
  locations: [...announcement.rendezvous],
  sourceKey: announcement.sourceKey,
  announcement: url,
});

/** Where an announcement was fetched; undefined for one that is published here. */
export const foreignUrl = (
  { store }: FrontEndContext,
  { announcement, url }: Known,
): string | undefined =>
  store.get(announcement.name.text)?.announcement === announcement ? undefined : url;
