/**
 * What a cluster's front end can be asked for besides attachment, typed and checked. The status is
 * checked loosely: a newer cluster may tell more than we know of.
 */
import { z } from 'zod';
import { scxStatusSchema } from '../../api/scx-status.js';
import { excerpt } from '../../lib/excerpt.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import {
  parseSessionName,
  parseSessionPath,
  type SessionName,
  sessionPath,
} from '../../session/session-name.js';
import { askFrontEnd } from './ask-front-end.js';

const publishedSchema = z.object({
  url: z.string().max(2048),
  session: z.string().max(400),
  listen: z.string().max(2048),
  /** What the cluster put into the announcement. */
  sourceKey: z.string().max(100).optional(),
  /** The source password and the admin token, if they have just been drawn; never told again. */
  password: z.string().max(200).optional(),
  token: z.string().max(200).optional(),
});

const webhooksAnswerSchema = z.object({ secret: z.string().max(200).optional() });

const sessionStatusSchema = z.object({
  session: z.string().max(400),
  path: z.string().max(400),
  title: z.string().max(1024).nullish(),
  listenUrl: z.string().max(2048),
  announcementUrl: z.string().max(2048).nullish(),
  kept: z.boolean(),
  onAir: z.boolean(),
  listeners: z.number(),
  listenersPeak: z.number().default(0),
  listenersTotal: z.number().default(0),
  sources: z.number(),
  scxs: z.array(scxStatusSchema).max(1024),
});

const clusterStatusSchema = z.looseObject({
  cluster: z.looseObject({}),
  sessions: z.array(sessionStatusSchema).max(10_000),
});

/** Where a published announcement is, and where it is listened to. */
export type Published = z.infer<typeof publishedSchema>;
export type SessionStatus = z.infer<typeof sessionStatusSchema>;
export type ClusterStatus = z.infer<typeof clusterStatusSchema>;

/** A session's announcement among those that a cluster keeps. */
const announcementPath = (path: string): string => `/announcements/${path}.xml`;

/** How an announcement is published. */
export interface PublishOptions {
  /** The session's admin token; a session that is new there needs none. */
  readonly token?: string | undefined;
  /** Another source password, or none at all; the cluster allows `none` on its own machine. */
  readonly password?: 'new' | 'none' | undefined;
}

/** Publishes an announcement; `path` is `CREATOR/SESSION`. Rejects with a UserError. */
export function publish(
  cluster: string,
  path: string,
  xml: string,
  { token, password }: PublishOptions = {},
): Promise<Published> {
  const query = password === undefined ? '' : `?password=${password}`;
  return askFrontEnd({
    cluster,
    method: 'PUT',
    path: `${announcementPath(path)}${query}`,
    contentType: 'application/xml',
    token,
    body: xml,
    answer: publishedSchema,
  });
}

/** Takes an announcement back; its SCX there goes when its last client does. */
export async function remove(cluster: string, path: string, token?: string): Promise<void> {
  const method = 'DELETE';
  await askFrontEnd({ cluster, method, path: announcementPath(path), token, answer: z.unknown() });
}

/**
 * Says where a session's events go, instead of what was said before. With the first webhook it
 * answers the secret that signs them. Rejects with a UserError.
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
    path: `/announcements/${path}/webhooks`,
    contentType: 'application/json',
    token,
    body: JSON.stringify(urls),
    answer: webhooksAnswerSchema,
  });
  return answer.secret;
}

/** A large file over a slow line takes minutes; the cluster's own limit is the same. */
const UPLOAD_MS_MAX = 600_000;

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
    path: `/announcements/${path}/fallback${query}`,
    token,
    ...(upload === undefined ? {} : { contentType: 'audio/mpeg', body: upload.bytes }),
    timeoutMs: UPLOAD_MS_MAX,
    answer: z.unknown(),
  });
}

/** What runs at a cluster; `raw` is the front end's own document. */
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
 * The URL of an announcement that was named by its URL, by its session's name, or by
 * `CREATOR/SESSION`; the names must be known to the cluster. Rejects with a UserError.
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
  const hint = known.length === 0 ? 'it knows none' : `it knows ${known.join(', ')}`;
  throw new UserError(EXIT.refused, `the cluster knows no session ${excerpt(name.text)}; ${hint}`);
}

function parseName(text: string): SessionName {
  const name = text.includes('://') ? parseSessionName(text) : parseSessionPath(text);
  if (name.ok) return name.value;
  const form = 'give its URL, or the name of a session';
  throw new UserError(EXIT.usage, `no announcement: ${form}: ${name.problems.join('; ')}`);
}

/** Where a cluster's listeners get the session; named as in `findAnnouncement`, known or not. */
export function listenUrl(cluster: string, text: string): URL {
  if (/^https?:\/\//i.test(text)) {
    return new URL(`${cluster}/listen?${new URLSearchParams({ announcement: text })}`);
  }
  return new URL(`${cluster}/listen/${sessionPath(parseName(text))}.mp3`);
}
