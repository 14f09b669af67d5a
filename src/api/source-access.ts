/**
 * Who may broadcast in a session, as its announcement says (session/source-key.ts): in launch
 * documents, leases, and answers to those that attach.
 */
import { z } from 'zod';
import { isPublicKey, type PublicKey } from '../session/public-key.js';
import {
  SOURCE_KEYS_MAX,
  SOURCE_NAME_LENGTH_MAX,
  SOURCE_PRIORITY_MAX,
  type SourceKey,
} from '../session/source-key.js';

export const publicKeySchema = z.custom<PublicKey>(isPublicKey);

const sourceKeySchema: z.ZodType<SourceKey> = z.strictObject({
  name: z.string().max(SOURCE_NAME_LENGTH_MAX),
  key: publicKeySchema,
  priorityMax: z.number().int().min(0).max(SOURCE_PRIORITY_MAX),
  untilMs: z.number().exactOptional(),
});

export const sourceKeysSchema = z.array(sourceKeySchema).max(SOURCE_KEYS_MAX);

export const sourceAccessSchema = z.strictObject({
  /** When the announcement was issued, ms since 1970: an older one never replaces it. */
  issuedMs: z.number(),
  sources: sourceKeysSchema,
});

/** The source keys of an announcement, and its time. */
export type SourceAccess = Readonly<z.infer<typeof sourceAccessSchema>>;
