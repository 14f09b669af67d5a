/**
 * The announcement that a new one replaces: at the cluster, or in the file. It must be the session's
 * own: what somebody else has published under its name is neither read nor replaced.
 */
import { publishedXml } from '../../client/cluster/cluster-api.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { verifyAnnouncement } from '../../runtime/signed-announcement.js';
import type { SignedAnnouncement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';
import type { AnnounceSettings } from '../options/announce-options.js';
import { documentIn } from './announcement-file.js';

/** A signed announcement of this name, whatever its key; undefined if there is none. */
export async function findEarlier(
  name: SessionName,
  { cluster, output }: Pick<AnnounceSettings, 'cluster' | 'output'>,
): Promise<SignedAnnouncement | undefined> {
  const xml =
    cluster === undefined
      ? await documentIn(output ?? '')
      : await publishedXml(cluster, sessionPath(name));
  const parsed = parseAnnouncement(xml ?? '');
  const read = parsed.ok ? verifyAnnouncement(parsed.value, Date.now()) : parsed;
  return read.ok && read.value.name.text === name.text ? read.value : undefined;
}

/** The problem when an announcement with another key is in the way. */
export function otherKeyProblem(
  settings: Pick<AnnounceSettings, 'cluster' | 'output' | 'token'>,
): UserError {
  const { cluster, output, token } = settings;
  const where = cluster === undefined ? `in ${output}` : `at ${cluster}`;
  const removal =
    cluster === undefined
      ? 'remove that file first'
      : "remove it first (announce --remove, by the cluster's operator)";
  const which =
    token === undefined
      ? 'If it is yours, give its admin token with --token'
      : 'The admin token is not that of that session';
  return new UserError(
    EXIT.refused,
    `this name is announced ${where} with another key. ${which}; if the token is lost, ${removal}`,
  );
}
