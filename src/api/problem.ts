/** The JSON body of an error, for clients that ask a front end for JSON. */
import { z } from 'zod';

/** The body of every answer with a status of 400 or above. */
export const problemSchema = z.object({
  /** One or two sentences that say what is wrong and what to do. */
  error: z.string(),
  /** Every single mistake, where there may be several. */
  problems: z.array(z.string()).default([]),
});

export type ProblemBody = z.infer<typeof problemSchema>;
