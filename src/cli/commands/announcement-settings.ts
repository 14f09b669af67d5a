/**
 * The announcement that the settings of `announce` describe, before it is signed. It is printed and
 * parsed again, so that whatever a cluster would refuse is refused here, in the same words and
 * before anything is sent.
 */
import { EXIT, UserError } from '../../lib/user-error.js';
import {
  type Announcement,
  type Channel,
  DEFAULT_CHANNELS,
  DIRECTORY_CHANNELS,
} from '../../session/announcement.js';
import { isOwnChannel } from '../../session/channels.js';
import { dropAbsent } from '../../session/drop-absent.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { printAnnouncement } from '../../session/print-announcement.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';
import type { AnnounceSettings } from '../options/announce-options.js';

/** A UserError about flags that are wrong or do not fit together. */
export const usageProblem = (...problems: readonly string[]): UserError =>
  new UserError(EXIT.usage, problems.join('\n'));

/** Whether only a part is to change: then what is not given stays as it was announced. */
const changesPartOnly = (settings: AnnounceSettings): boolean =>
  [settings.dj, settings.removeDj, settings.revoke, settings.image].some(Boolean) ||
  settings.removeImage;

/**
 * Creates an announcement; `earlier`: the one that it replaces. Throws a UserError with all
 * problems, one line each.
 */
export function createAnnouncement(
  name: SessionName,
  settings: AnnounceSettings,
  earlier: Announcement | undefined,
): Announcement {
  const { title, description, genre, language, homepage } = settings;
  const kept = changesPartOnly(settings) ? earlier : undefined;
  const isListed = listingOf(settings);
  const about = dropAbsent({ title, description, genre, language, homepage, isListed });
  const xml = printAnnouncement({
    ...(kept ?? { name, channels: channelsOf(settings), rendezvous: [] }),
    ...rendezvousOf(name, settings, kept),
    ...about,
  });
  const announcement = parseAnnouncement(xml);
  if (!announcement.ok) throw usageProblem(...announcement.problems);
  return announcement.value;
}

function listingOf({ listed, unlisted }: AnnounceSettings): boolean | undefined {
  if (listed && unlisted) throw usageProblem('--listed and --unlisted exclude each other');
  return listed ? true : unlisted ? false : undefined;
}

const channelsOf = ({ udp, asDirectory, channels = [] }: AnnounceSettings): readonly Channel[] =>
  asDirectory ? DIRECTORY_CHANNELS : [...soundChannels(udp), ...channels.map(furtherChannel)];

const soundChannels = (udp: boolean): readonly Channel[] =>
  DEFAULT_CHANNELS.map((channel) => ({ ...channel, unicast: udp ? 'udp' : 'tcp' }));

const FURTHER = /^(\d{1,3})(?::([^:]*))?(?::(\d{1,6}))?$/;

/** A channel as `--channel` writes it, whose numbers are checked with the announcement. */
function furtherChannel(text: string): Channel {
  const [, id, description, rate] = FURTHER.exec(text) ?? [];
  if (id === undefined || isOwnChannel(Number(id))) {
    throw usageProblem(
      `--channel must be like 7:slides:64, with a number from 4 on, got "${text}"`,
    );
  }
  return dropAbsent({
    ...{ id: Number(id), unicast: 'tcp' as const },
    description: description || undefined,
    rateKbps: rate === undefined ? undefined : Number(rate),
  });
}

function rendezvousOf(
  name: SessionName,
  settings: AnnounceSettings,
  kept: Announcement | undefined,
): Partial<Pick<Announcement, 'rendezvous'>> {
  const { cluster, rendezvous, output } = settings;
  if (cluster === undefined && output === undefined) {
    throw usageProblem(
      '--cluster URL is missing (or --output FILE, to publish on a web server of your own)',
    );
  }
  if (rendezvous !== undefined) return { rendezvous };
  if (kept !== undefined) return {};
  if (cluster !== undefined) return { rendezvous: [`${cluster}/rendezvous/${sessionPath(name)}`] };
  throw usageProblem(
    '--output without --cluster needs --rendezvous LOCATION: where do its SCXs find each other?',
  );
}
