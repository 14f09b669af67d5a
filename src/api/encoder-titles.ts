/**
 * The last titles of a session's encoders, as an SCX remembers them and its cluster keeps them for
 * the next SCX of the session.
 */
import { z } from 'zod';

/** Guess: more encoders than a session has in a day. */
export const ENCODER_TITLES_MAX = 16;

const encoderTitle = z.object({
  /** Stands for the encoder, and says nothing about it: 16 hexadecimal digits. */
  mark: z.string().regex(/^[0-9a-f]{16}$/),
  title: z.string().max(1024),
});

export const encoderTitlesSchema = z.array(encoderTitle).max(ENCODER_TITLES_MAX);

/** Bounded by ENCODER_TITLES_MAX. */
export type EncoderTitles = readonly Readonly<z.infer<typeof encoderTitle>>[];
