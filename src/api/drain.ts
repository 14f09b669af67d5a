/**
 * `POST /drain`: the cluster replaces its SCXs by new processes. `scattercast cluster --drain` asks
 * for it with the cluster's secret. The answer is one line of JSON for each SCX, sent as soon as
 * that SCX is done.
 */
import { z } from 'zod';

export const drainRequestSchema = z.strictObject({
  /** How long listeners that cannot be handed over may stay with the old process, ms. */
  drainMs: z.number().min(0).max(86_400_000),
});

export type DrainRequest = Readonly<z.infer<typeof drainRequestSchema>>;

export const drainedSchema = z.object({
  session: z.string().max(400),
  /** The process that was to hand over. */
  pid: z.number().int(),
  /** The process that has taken over; absent if the old one goes on. */
  successorPid: z.number().int().optional(),
  /** Why there is no successor. */
  reason: z.string().max(1000).optional(),
});

/** The outcome for one SCX. */
export type Drained = Readonly<z.infer<typeof drainedSchema>>;
