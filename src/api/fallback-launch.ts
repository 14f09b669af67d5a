/**
 * The launch document of the process that plays a session's fallback file. Its SCX passes it as
 * JSON in the environment variable SCATTERCAST_FALLBACK, which other users of the machine cannot
 * read.
 */
import { z } from 'zod';

export const fallbackFileSchema = z.strictObject({
  path: z.string().max(4096),
  /** Its title, unless its own tags contain one. */
  title: z.string().max(256),
});

/** A file on this machine that is played while nobody broadcasts. */
export type FallbackFile = Readonly<z.infer<typeof fallbackFileSchema>>;

export const fallbackLaunchSchema = z.strictObject({
  /** `scattercast://creator/session` */
  session: z.string().max(400),
  /** The SCX to attach to. */
  scx: z.strictObject({ id: z.string().max(32), overlayAddress: z.string().max(300) }),
  /** Accepted by the SCX instead of the source password. */
  secret: z.string().max(64),
  file: fallbackFileSchema,
  logLevel: z.string().max(16),
});

/** The launch document of a fallback process. */
export type FallbackLaunch = Readonly<z.infer<typeof fallbackLaunchSchema>>;

/** The environment variable that carries it. */
export const FALLBACK_VARIABLE = 'SCATTERCAST_FALLBACK';
