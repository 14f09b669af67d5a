/**
 * Publishing at a cluster: the announcement itself at `/announcements/CREATOR/SESSION.xml`, and
 * below `/announcements/CREATOR/SESSION/` its webhooks, its fallback file and its picture, which everybody
 * gets at `/images/HASH`. Changes are signed with
 * the session's key (http/session-proof.ts), which only the admin token yields; the token is never
 * sent.
 */
import { z } from 'zod';
import { publicKeySchema } from './source-access.js';

/** The path of a session's announcement; `path` is `CREATOR/SESSION`. */
export const announcementPath = (path: string): string => `/announcements/${path}.xml`;
export const webhooksPath = (path: string): string => `/announcements/${path}/webhooks`;
/** Of a picture, by its SHA-256, 43 characters of base64url. */
export const imagePath = (hash: string): string => `/images/${hash}`;
export const pictureOfPath = (path: string): string => `/announcements/${path}/image`;
export const fallbackPath = (path: string): string => `/announcements/${path}/fallback`;

export const publishedSchema = z.object({
  /** Of the announcement. */
  url: z.string().max(2048),
  /** `scattercast://creator/session` */
  session: z.string().max(400),
  /** The session's public key. */
  key: publicKeySchema,
  /** Where to listen. */
  listen: z.string().max(2048),
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
/** In the request that uploads it: the seed of the source key with which it is played. */
export const FALLBACK_KEY_FIELD = 'x-scattercast-fallback-key';
/** Of its title, UTF-16 units. */
export const FALLBACK_TITLE_LENGTH_MAX = 256;
