/** What is published here always has an SCX here (§3.4). */
import type { SignedAnnouncement } from '../../session/announcement.js';
import { identityOf } from '../../session/session-id.js';
import { factsOf } from '../announcements/launch-facts.js';
import type { Fleet } from './fleet.js';

/** Keeps the session of an announcement that is published here, with what it says now. */
export const keepPublished = (fleet: Fleet, announcement: SignedAnnouncement): void =>
  fleet.keep(
    identityOf(announcement.name, announcement.key).id,
    factsOf({ announcement, url: '', isPublished: true }),
  );
