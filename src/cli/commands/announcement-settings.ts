/**
 * The announcement that the settings of `announce` describe. It is printed and parsed again, so
 * that whatever a cluster would refuse is refused here, in the same words and before anything is
 * sent.
 */
import { EXIT, UserError } from '../../lib/user-error.js';
import { hashSecret } from '../../runtime/secrets.js';
import { type Announcement, type Channel, DEFAULT_CHANNELS } from '../../session/announcement.js';
import { dropAbsent } from '../../session/drop-absent.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { printAnnouncement } from '../../session/print-announcement.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';
import type { AnnounceSettings } from '../options/announce-options.js';

/**
 * The announcement publishes a hash of the source password, which anybody can try guesses against.
 * Guess: 20 characters of any kind cannot be guessed.
 */
const PASSWORD_LENGTH_MIN = 20;

/** Creates an announcement. Throws a UserError with all problems, one line each. */
export function createAnnouncement(name: SessionName, settings: AnnounceSettings): Announcement {
  const { title, description, genre, homepage, listed } = settings;
  const rendezvous = locationsOf(name, settings);
  const about = dropAbsent({ title, description, genre, homepage, isListed: listed || undefined });
  const sourceKey = givenKey(settings);
  const xml = printAnnouncement({
    ...{ name, channels: channelsOf(settings), rendezvous, ...about },
    ...dropAbsent({ sourceKey }),
  });
  const announcement = parseAnnouncement(xml);
  if (!announcement.ok) throw usageProblem(...announcement.problems);
  return announcement.value;
}

/** A UserError about flags that are wrong or do not fit together. */
export const usageProblem = (...problems: readonly string[]): UserError =>
  new UserError(EXIT.usage, problems.join('\n'));

/**
 * The key of a password that the session has at another cluster; undefined: draw a new password.
 */
function givenKey({ password, newPassword }: AnnounceSettings): string | undefined {
  if (password === undefined || newPassword) return undefined;
  if (password.length >= PASSWORD_LENGTH_MIN) return hashSecret(password);
  throw usageProblem(
    `--password: must have at least ${PASSWORD_LENGTH_MIN} characters; ` +
      'without --password a new one is drawn',
  );
}

const channelsOf = ({ udp }: AnnounceSettings): readonly Channel[] =>
  DEFAULT_CHANNELS.map((channel) => ({ ...channel, unicast: udp ? 'udp' : 'tcp' }));

function locationsOf(name: SessionName, settings: AnnounceSettings): readonly string[] {
  const { cluster, rendezvous, output } = settings;
  if (cluster === undefined && output === undefined) {
    throw usageProblem(
      '--cluster URL is missing (or --output FILE, to publish on a web server of your own)',
    );
  }
  if (rendezvous !== undefined) return rendezvous;
  if (cluster !== undefined) return [`${cluster}/rendezvous/${sessionPath(name)}`];
  throw usageProblem(
    '--output without --cluster needs --rendezvous LOCATION: where do its SCXs find each other?',
  );
}
