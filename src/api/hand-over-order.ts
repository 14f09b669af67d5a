/**
 * The order to hand over, which a cluster writes to an SCX's `successorFile`. The answer to a lease
 * renewal says that there is one.
 */
import { z } from 'zod';
import { launchSchema } from './scx-launch.js';

export const orderSchema = z.strictObject({
  /** The command that starts the successor, with its launch document in the environment. */
  program: z.string().max(4096),
  args: z.array(z.string().max(4096)).max(32),
  /** Of the successor's version: only the id is read here. */
  launch: z.looseObject({ id: launchSchema.shape.id }),
  /** How long listeners that cannot be handed over may stay, ms. */
  drainMs: z.number().min(0).max(86_400_000),
});

export type Order = Readonly<z.infer<typeof orderSchema>>;
