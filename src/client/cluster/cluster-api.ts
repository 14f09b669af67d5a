/**
 * The requests of clients to a front end, attaching aside: publishing, webhooks, the fallback and
 * the status (api/publishing.ts, api/cluster-status.ts). Answers are checked; fields that this
 * version does not know are ignored, because a cluster may be newer than its clients.
 */
import { z } from 'zod';
import { type ClusterStatus, clusterStatusSchema } from '../../api/cluster-status.js';
import {
  announcementPath,
  FALLBACK_UPLOAD_MS_MAX,
  fallbackPath,
  type PasswordChoice,
  type PublishedAnswer,
  publishedSchema,
  webhooksAnswerSchema,
  webhooksPath,
} from '../../api/publishing.js';
import { excerpt } from '../../lib/excerpt.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import {
  parseSessionName,
  parseSessionPath,
  type SessionName,
  sessionPath,
} from '../../session/session-name.js';
import { askFrontEnd } from './ask-front-end.js';

/** The options of publishing an announcement. */
export interface PublishOptions {
  /** The session's admin token, or for a session that is new at the cluster the operator's. */
  readonly token?: string | undefined;
  /** The cluster's secret, which stands for the operator's token on the cluster's machine. */
  readonly clusterSecret?: string | undefined;
  /** `new`: draw another source password. */
  readonly password?: PasswordChoice | undefined;
}

/** Publishes an announcement; `path` is `CREATOR/SESSION`. Rejects with a UserError. */
export function publish(
  cluster: string,
  path: string,
  xml: string,
  { token, clusterSecret, password }: PublishOptions = {},
): Promise<PublishedAnswer> {
  const query = password === undefined ? '' : `?password=${password}`;
  return askFrontEnd({
    cluster,
    method: 'PUT',
    path: `${announcementPath(path)}${query}`,
    contentType: 'application/xml',
    ...{ token, clusterSecret },
    body: xml,
    answer: publishedSchema,
  });
}

/** Removes an announcement. The session's SCXs at the cluster end with their last client. */
export async function remove(
  cluster: string,
  path: string,
  { token, clusterSecret }: Pick<PublishOptions, 'token' | 'clusterSecret'> = {},
): Promise<void> {
  await askFrontEnd({
    ...{ cluster, method: 'DELETE', path: announcementPath(path), token, clusterSecret },
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
  token: string | undefined,
  urls: readonly string[],
): Promise<string | undefined> {
  const answer = await askFrontEnd({
    cluster,
    method: 'PUT',
    path: webhooksPath(path),
    contentType: 'application/json',
    token,
    body: JSON.stringify(urls),
    answer: webhooksAnswerSchema,
  });
  return answer.secret;
}

/** An MP3 file that is played while nobody broadcasts. */
export interface FallbackUpload {
  readonly title: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Sets or replaces a session's fallback; undefined: removes it. Rejects with a UserError. */
export async function setFallback(
  cluster: string,
  path: string,
  token: string | undefined,
  upload: FallbackUpload | undefined,
): Promise<void> {
  const query = upload === undefined ? '' : `?${new URLSearchParams({ title: upload.title })}`;
  await askFrontEnd({
    cluster,
    method: upload === undefined ? 'DELETE' : 'PUT',
    path: `${fallbackPath(path)}${query}`,
    token,
    ...(upload === undefined ? {} : { contentType: 'audio/mpeg', body: upload.bytes }),
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
  const found = sessions.find(({ session }) => session === name.text);
  if (found !== undefined) {
    return found.announcementUrl ?? `${cluster}${announcementPath(sessionPath(name))}`;
  }
  const known = sessions.map(({ path }) => path).slice(0, 5);
  const hint = known.length === 0 ? 'it knows no sessions' : `it knows ${known.join(', ')}`;
  throw new UserError(EXIT.refused, `the cluster knows no session ${excerpt(name.text)}; ${hint}`);
}

function parseName(text: string): SessionName {
  const name = text.includes('://') ? parseSessionName(text) : parseSessionPath(text);
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
  return new URL(`${cluster}/listen/${sessionPath(parseName(text))}.mp3`);
}
