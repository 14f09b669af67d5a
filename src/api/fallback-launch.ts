/**
 * What an SCX tells the process that plays its session's fallback file: one JSON document in the
 * environment variable SCATTERCAST_FALLBACK, where other users of the machine cannot read it.
 */
import { z } from 'zod';

export const fallbackFileSchema = z.strictObject({
  path: z.string().max(4096),
  /** Its title, unless its own tags have one. */
  title: z.string().max(256),
});

/** A file on this machine that is played while nobody broadcasts. */
export type FallbackFile = Readonly<z.infer<typeof fallbackFileSchema>>;

export const fallbackLaunchSchema = z.strictObject({
  /** `scattercast://creator/session` */
  session: z.string().max(400),
  /** The SCX to attach to. */
  scx: z.strictObject({ id: z.string().max(16), overlayAddress: z.string().max(300) }),
  /** Stands for the source password. */
  secret: z.string().max(64),
  file: fallbackFileSchema,
  logLevel: z.string().max(16),
});

/** The launch document of a fallback process. */
export type FallbackLaunch = Readonly<z.infer<typeof fallbackLaunchSchema>>;

/** The environment variable that carries it. */
export const FALLBACK_VARIABLE = 'SCATTERCAST_FALLBACK';
