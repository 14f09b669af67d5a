/**
 * The requests of clients to a front end, attaching aside: publishing, webhooks, the fallback and
 * the status (api/publishing.ts, api/cluster-status.ts). Answers are checked; fields that this
 * version does not know are ignored, because a cluster may be newer than its clients.
 */
import { z } from 'zod';
import { type ClusterStatus, clusterStatusSchema } from '../../api/cluster-status.js';
import {
  announcementPath,
  FALLBACK_KEY_FIELD,
  FALLBACK_UPLOAD_MS_MAX,
  fallbackPath,
  type PublishedAnswer,
  pictureOfPath,
  publishedSchema,
  webhooksAnswerSchema,
  webhooksPath,
} from '../../api/publishing.js';
import { excerpt } from '../../lib/excerpt.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import { parseSessionRef, refPath, type SessionRef } from '../../session/session-id.js';
import { parseSessionName } from '../../session/session-name.js';
import { askForDocument, askFrontEnd, type Credentials } from './ask-front-end.js';

/** The announcement that is published at a cluster, as XML; undefined without one. */
export const publishedXml = (cluster: string, path: string): Promise<string | undefined> =>
  askForDocument({ cluster, path: announcementPath(path) });

/** Publishes a signed announcement; `path` is `CREATOR/SESSION`. Rejects with a UserError. */
export function publish(
  cluster: string,
  path: string,
  xml: string,
  credentials: Credentials = {},
): Promise<PublishedAnswer> {
  return askFrontEnd({
    cluster,
    method: 'PUT',
    path: announcementPath(path),
    contentType: 'application/xml',
    credentials,
    body: xml,
    answer: publishedSchema,
  });
}

/** Removes an announcement. The session's SCXs at the cluster end with their last client. */
export async function remove(
  cluster: string,
  path: string,
  credentials: Credentials = {},
): Promise<void> {
  await askFrontEnd({
    ...{ cluster, method: 'DELETE', path: announcementPath(path), credentials },
    answer: z.unknown(),
  });
}

/**
 * Replaces the URLs to which a session's events are sent. With its first webhook, resolves with the
 * secret that signs the events. Rejects with a UserError.
 */
export async function setWebhooks(
  cluster: string,
  path: string,
  credentials: Credentials,
  urls: readonly string[],
): Promise<string | undefined> {
  const answer = await askFrontEnd({
    cluster,
    method: 'PUT',
    path: webhooksPath(path),
    contentType: 'application/json',
    credentials,
    body: JSON.stringify(urls),
    answer: webhooksAnswerSchema,
  });
  return answer.secret;
}

/** Stores the picture that a published announcement names. Rejects with a UserError. */
export async function setImage(
  cluster: string,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  await askFrontEnd({
    ...{ cluster, method: 'PUT', path: pictureOfPath(path), answer: z.unknown() },
    ...{ contentType: 'application/octet-stream', body: bytes },
  });
}

/** An MP3 file that is played while nobody broadcasts. */
export interface FallbackUpload {
  readonly title: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The source key with which it is played; its private half is handed to the cluster. */
  readonly key: SigningKey;
}

const uploadOf = ({ bytes, key }: FallbackUpload) => ({
  contentType: 'audio/mpeg',
  body: bytes,
  fields: { [FALLBACK_KEY_FIELD]: key.seed() },
});

/** Sets or replaces a session's fallback; undefined: removes it. Rejects with a UserError. */
export async function setFallback(
  cluster: string,
  path: string,
  credentials: Credentials,
  upload: FallbackUpload | undefined,
): Promise<void> {
  const query = upload === undefined ? '' : `?${new URLSearchParams({ title: upload.title })}`;
  await askFrontEnd({
    cluster,
    method: upload === undefined ? 'DELETE' : 'PUT',
    path: `${fallbackPath(path)}${query}`,
    credentials,
    ...(upload === undefined ? {} : uploadOf(upload)),
    timeoutMs: FALLBACK_UPLOAD_MS_MAX,
    answer: z.unknown(),
  });
}

/** The status of a cluster; `raw` is the front end's JSON document. Rejects with a UserError. */
export async function status(
  cluster: string,
): Promise<{ readonly status: ClusterStatus; readonly raw: unknown }> {
  const answer = z.unknown().transform((raw, context) => {
    const parsed = clusterStatusSchema.safeParse(raw);
    if (parsed.success) return { status: parsed.data, raw };
    context.addIssue({ code: 'custom', message: 'no status' });
    return z.NEVER;
  });
  return askFrontEnd({ cluster, method: 'GET', path: '/status', answer });
}

/**
 * The URL of an announcement that is given as a URL, as the session's name, or as
 * `CREATOR/SESSION`. The cluster must know the name. Rejects with a UserError.
 */
export async function findAnnouncement(cluster: string, text: string): Promise<string> {
  if (/^https?:\/\//i.test(text)) return text;
  const name = parseName(text);
  const { sessions } = (await status(cluster)).status;
  const found = sessions.find(({ path }) => path === refPath(name));
  if (found !== undefined) {
    return found.announcementUrl ?? `${cluster}${announcementPath(refPath(name))}`;
  }
  // Private sessions are not listed.
  const published = await publishedXml(cluster, refPath(name));
  if (published !== undefined) return `${cluster}${announcementPath(refPath(name))}`;
  const known = sessions.map(({ path }) => path).slice(0, 5);
  const hint = known.length === 0 ? 'it knows no sessions' : `it knows ${known.join(', ')}`;
  throw new UserError(
    EXIT.refused,
    `the cluster knows no session ${excerpt(refPath(name))}; ${hint}`,
  );
}

function parseName(text: string): SessionRef {
  const name = text.includes('://') ? parseSessionName(text) : parseSessionRef(text);
  if (name.ok) return name.value;
  const form = 'give its URL, or the name of a session';
  throw new UserError(EXIT.usage, `not an announcement: ${form}: ${name.problems.join('; ')}`);
}

/**
 * The stream URL of a session at a cluster. `text` as in `findAnnouncement`; it is not looked up.
 */
export function listenUrl(cluster: string, text: string): URL {
  if (/^https?:\/\//i.test(text)) {
    return new URL(`${cluster}/listen?${new URLSearchParams({ announcement: text })}`);
  }
  return new URL(`${cluster}/listen/${refPath(parseName(text))}.mp3`);
}
