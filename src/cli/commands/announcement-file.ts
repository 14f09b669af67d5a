/**
 * An announcement as a file, for a web server that is not a cluster. No cluster keeps the session's
 * secrets then, so the source key is drawn here. An announcement that replaces an earlier one in
 * the same file keeps its key, so that broadcasters keep their password.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';
import { drawPassword, hashSecret } from '../../runtime/secrets.js';
import type { Announcement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { printAnnouncement } from '../../session/print-announcement.js';
import type { SessionName } from '../../session/session-name.js';
import { print } from '../shell/output.js';

/** Standard output, or input, in place of a file. */
export const STANDARD = '-';

/**
 * Writes an announcement that no cluster publishes; `isNewPassword`: do not keep an earlier source
 * key. Resolves with the source password if one was drawn. Rejects with a UserError.
 */
export async function writeWithKey(
  file: string,
  announcement: Announcement,
  isNewPassword: boolean,
): Promise<string | undefined> {
  const earlier = isNewPassword ? undefined : await sourceKeyIn(file, announcement.name);
  const kept = announcement.sourceKey ?? earlier;
  if (kept !== undefined) {
    await writeAnnouncement(file, { ...announcement, sourceKey: kept });
    return undefined;
  }
  const password = drawPassword();
  await writeAnnouncement(file, { ...announcement, sourceKey: hashSecret(password) });
  return password;
}

/** The source key in an earlier announcement of the same session; undefined if there is none. */
async function sourceKeyIn(file: string, { text }: SessionName): Promise<string | undefined> {
  const xml = file === STANDARD ? '' : await readFile(file, 'utf8').catch(() => '');
  const found = parseAnnouncement(xml);
  return found.ok && found.value.name.text === text ? found.value.sourceKey : undefined;
}

/** Writes an announcement as XML. Rejects with a UserError. */
export async function writeAnnouncement(file: string, announcement: Announcement): Promise<void> {
  const xml = printAnnouncement(announcement);
  if (file === STANDARD) {
    return print(xml);
  }
  try {
    await writeFile(file, xml);
  } catch (error) {
    throw new UserError(EXIT.file, `cannot write ${file}: ${systemReason(error)}`);
  }
}
