/** The part of an announcement that the session's SCX is launched with. */

import type { LaunchFacts } from '../../api/scx-launch.js';
import type { SourceAccess } from '../../api/source-access.js';
import type { SignedAnnouncement } from '../../session/announcement.js';
import type { Known } from './announcement-finder.js';

/** The facts of a session; with the announcement's URL if it is not published here. */
export const factsOf = ({
  announcement,
  url,
  isPublished,
}: Omit<Known, 'session'>): LaunchFacts => ({
  title: announcement.title,
  genre: announcement.genre,
  description: announcement.description,
  homepage: announcement.homepage,
  isListed: announcement.isListed,
  channels: announcement.channels.map((channel) => ({ ...channel })),
  renditions: announcement.renditions && [...announcement.renditions],
  locations: [...announcement.rendezvous],
  access: accessOf(announcement),
  announcement: isPublished ? undefined : url,
});

/** Who may broadcast and listen, as an announcement says. */
export const accessOf = ({
  issuedMs,
  sources = [],
  privacy,
}: SignedAnnouncement): SourceAccess => ({
  issuedMs,
  sources: sources.map((source) => ({ ...source })),
  ...(privacy === undefined ? {} : { privacy }),
});
