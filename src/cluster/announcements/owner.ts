/**
 * What the owner of an announcement has set up at this cluster besides it, which is shown to no
 * client: its webhooks and its fallback. The file lies beside the announcement: SESSION.json.
 */
import type { Logger } from 'pino';
import { z } from 'zod';
import { keySeedSchema } from '../../api/fallback-launch.js';
import { webhooksSchema } from '../../api/publishing.js';
import { PRIVATE_MODE, readFileIfAny, writeFileAtomic } from '../data/atomic-file.js';

/** The name of a fallback file. */
export const FALLBACK_NAME = /^[0-9a-f-]{36}\.mp3$/;

export const ownerSchema = z.object({
  webhooks: webhooksSchema,
  /** Signs the events; drawn with the first webhook. */
  webhookSecret: z.string().max(100).optional(),
  /** The file that is played while nobody broadcasts: see fallback-files.ts. */
  fallback: z
    .object({
      file: z.string().regex(FALLBACK_NAME),
      title: z.string().max(256),
      bytes: z.number().int().nonnegative(),
      /** Of the source key with which it is played. */
      seed: keySeedSchema,
    })
    .optional(),
  /** Grows with each change: of what two front ends have, the larger one is the later. */
  changed: z.number().int().nonnegative().optional(),
});

export type Owner = Readonly<z.infer<typeof ownerSchema>>;
export type StoredFallback = NonNullable<Owner['fallback']>;

/** An owner that has set up nothing. */
export const NOTHING_SET_UP: Owner = { webhooks: [] };

/** The content of the file; NOTHING_SET_UP without one. A damaged file is logged. */
export async function readOwner(path: string, log: Logger): Promise<Owner> {
  const json = await readFileIfAny(path);
  if (json === undefined) return NOTHING_SET_UP;
  try {
    return ownerSchema.parse(JSON.parse(json));
  } catch {
    log.warn({ path }, 'the webhooks and the fallback of an announcement are lost: damaged file');
    return NOTHING_SET_UP;
  }
}

/** Writes the file. Rejects with the system's error. */
export const writeOwner = (path: string, owner: Owner): Promise<void> =>
  writeFileAtomic(path, JSON.stringify(owner), PRIVATE_MODE);
