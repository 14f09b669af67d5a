/**
 * Publishing at a cluster: the announcement itself at `/announcements/CREATOR/SESSION.xml`, and
 * below `/announcements/CREATOR/SESSION/` its webhooks and its fallback file. Changes are
 * authorised by the session's admin token.
 */
import { z } from 'zod';

/** The path of a session's announcement; `path` is `CREATOR/SESSION`. */
export const announcementPath = (path: string): string => `/announcements/${path}.xml`;
export const webhooksPath = (path: string): string => `/announcements/${path}/webhooks`;
export const fallbackPath = (path: string): string => `/announcements/${path}/fallback`;

/** `?password=`: draw another source password. */
export type PasswordChoice = 'new';

export const publishedSchema = z.object({
  /** Of the announcement. */
  url: z.string().max(2048),
  /** `scattercast://creator/session` */
  session: z.string().max(400),
  /** Where to listen. */
  listen: z.string().max(2048),
  /** The additions of the cluster to the announcement. */
  sourceKey: z.string().max(100).optional(),
  /** The source password and the admin token, if they have just been drawn; never sent again. */
  password: z.string().max(200).optional(),
  token: z.string().max(200).optional(),
});

/** The answer to `PUT` of an announcement. */
export type PublishedAnswer = Readonly<z.infer<typeof publishedSchema>>;

/** Guess: a chat, a pager, and two more. */
export const WEBHOOKS_MAX = 4;

/** The body of `PUT .../webhooks`: where a session's events are sent. */
export const webhooksSchema = z.array(z.string().min(1).max(2048)).max(WEBHOOKS_MAX);

export const webhooksAnswerSchema = z.object({
  /** The secret that signs the events; only in the answer that sets the first webhook. */
  secret: z.string().max(200).optional(),
});

export type WebhooksAnswer = Readonly<z.infer<typeof webhooksAnswerSchema>>;

/** The body of `PUT .../fallback`, an MP3 file, bytes: an hour at 128 kbit/s is 55 MiB. */
export const FALLBACK_BYTES_MAX = 64 * 2 ** 20;
/** How long that upload may take, ms: a large file over a slow line takes minutes. */
export const FALLBACK_UPLOAD_MS_MAX = 600_000;
/** Of its title, UTF-16 units. */
export const FALLBACK_TITLE_LENGTH_MAX = 256;
