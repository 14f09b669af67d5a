/**
 * The owner of an announcement, as a cluster remembers it and shows it to no client: the hash of
 * the admin token, which is needed to change or withdraw the announcement, its webhooks and its
 * fallback. The file lies beside the announcement: SESSION.json.
 */
import type { Logger } from 'pino';
import { z } from 'zod';
import { webhooksSchema } from '../../api/publishing.js';
import { hasHash } from '../../runtime/secrets.js';
import { PRIVATE_MODE, readFileIfAny, writeFileAtomic } from '../data/atomic-file.js';

const ownerSchema = z.object({
  /** `sha256:` and base64url. */
  tokenHash: z.string().max(100),
  webhooks: webhooksSchema,
  /** Signs the events; drawn with the first webhook. */
  webhookSecret: z.string().max(100).optional(),
  /** The file that is played while nobody broadcasts: see fallback-files.ts. */
  fallback: z
    .object({
      file: z.string().regex(/^[0-9a-f-]{36}\.mp3$/),
      title: z.string().max(256),
      bytes: z.number().int().nonnegative(),
    })
    .optional(),
});

export type Owner = Readonly<z.infer<typeof ownerSchema>>;
export type StoredFallback = NonNullable<Owner['fallback']>;

/** Whether it is the owner's token; takes the same time wherever they differ. */
export const isToken = (token: string, { tokenHash }: Owner): boolean => hasHash(token, tokenHash);

/**
 * The content of the file; undefined if there is no file. A damaged file is logged, and counts as
 * no file.
 */
export async function readOwner(path: string, log: Logger): Promise<Owner | undefined> {
  const json = await readFileIfAny(path);
  if (json === undefined) return undefined;
  try {
    return ownerSchema.parse(JSON.parse(json));
  } catch {
    log.warn({ path }, 'the owner of an announcement is not known: the file is damaged');
    return undefined;
  }
}

/** Writes the file. Rejects with the system's error. */
export const writeOwner = (path: string, owner: Owner): Promise<void> =>
  writeFileAtomic(path, JSON.stringify(owner), PRIVATE_MODE);
