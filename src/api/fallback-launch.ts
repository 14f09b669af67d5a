/**
 * The launch document of the process that plays a session's fallback file. Its SCX passes it as
 * JSON in the environment variable SCATTERCAST_FALLBACK, which other users of the machine cannot
 * read.
 */
import { z } from 'zod';

/** The private half of a key: 32 bytes in base64url (runtime/signing-key.ts). */
export const keySeedSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

export const fallbackFileSchema = z.strictObject({
  path: z.string().max(4096),
  /** Its title, unless its own tags contain one. */
  title: z.string().max(256),
  /** Of the source key with which it is played. */
  seed: keySeedSchema,
});

/** A file on this machine that is played while nobody broadcasts. */
export type FallbackFile = Readonly<z.infer<typeof fallbackFileSchema>>;

export const fallbackLaunchSchema = z.strictObject({
  /** `scattercast://creator/session#KEY` */
  session: z.string().max(400),
  /** The SCX to attach to. */
  scx: z.strictObject({ id: z.string().max(32), overlayAddress: z.string().max(300) }),
  file: fallbackFileSchema,
  logLevel: z.string().max(16),
});

/** The launch document of a fallback process. */
export type FallbackLaunch = Readonly<z.infer<typeof fallbackLaunchSchema>>;

/** The environment variable that carries it. */
export const FALLBACK_VARIABLE = 'SCATTERCAST_FALLBACK';
