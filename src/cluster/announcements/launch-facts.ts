/** The part of an announcement that the session's SCX is launched with. */
import type { Announcement } from '../../session/announcement.js';
import type { LaunchFacts } from '../supervisor/supervisor-types.js';
import type { Known } from './announcement-finder.js';

/** `url`: where the announcement was fetched; undefined for one that is published here. */
export const factsOf = (announcement: Announcement, url?: string): LaunchFacts => ({
  title: announcement.title,
  genre: announcement.genre,
  channels: announcement.channels.map((channel) => ({ ...channel })),
  locations: [...announcement.rendezvous],
  sourceKey: announcement.sourceKey,
  announcement: url,
});

/** The URL from which an announcement was fetched; undefined for one that is published here. */
export const foreignUrl = ({ url, isPublished }: Known): string | undefined =>
  isPublished ? undefined : url;
