/**
 * Who may broadcast in a session (session/source-key.ts) and who may listen (session/privacy.ts), as
 * its announcement says: in launch documents, leases, and answers to those that attach.
 */
import { z } from 'zod';
import { PRIVATE_CLUSTERS_MAX, type Privacy, REVOKED_MAX } from '../session/privacy.js';
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

const privacySchema: z.ZodType<Privacy> = z.strictObject({
  clusters: z.array(publicKeySchema).max(PRIVATE_CLUSTERS_MAX),
  revoked: z.array(z.string().max(16)).max(REVOKED_MAX),
});

export const sourceAccessSchema = z.strictObject({
  /** When the announcement was issued, ms since 1970: an older one never replaces it. */
  issuedMs: z.number(),
  sources: sourceKeysSchema,
  /** Absent: the session is public. */
  privacy: privacySchema.exactOptional(),
});

/** The source keys of an announcement, its time, and who may listen. */
export type SourceAccess = Readonly<z.infer<typeof sourceAccessSchema>>;
