/** The part of an announcement that the session's SCX is launched with. */

import type { LaunchFacts } from '../../api/scx-launch.js';
import type { Announcement } from '../../session/announcement.js';
import type { Known } from './announcement-finder.js';

/** `url`: where the announcement was fetched; undefined for one that is published here. */
export const factsOf = (announcement: Announcement, url?: string): LaunchFacts => ({
  title: announcement.title,
  genre: announcement.genre,
  description: announcement.description,
  homepage: announcement.homepage,
  isListed: announcement.isListed,
  channels: announcement.channels.map((channel) => ({ ...channel })),
  locations: [...announcement.rendezvous],
  sourceKey: announcement.sourceKey,
  announcement: url,
});

/** The URL from which an announcement was fetched; undefined for one that is published here. */
export const foreignUrl = ({ url, isPublished }: Known): string | undefined =>
  isPublished ? undefined : url;
