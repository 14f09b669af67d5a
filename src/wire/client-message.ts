/**
 * What a source client and its SCX say to each other (§2.5): "As long as the client is part of the
 * session, it sends periodic KEEP_ALIVE messages to the SCX. It announces its imminent departure via
 * an AM_LEAVING message."
 *
 * Beyond: the SCX answers each KEEP_ALIVE, so that the client notices a dead SCX as well, and tells
 * how many are listening; and it says when it is going to leave.
 */
import { z } from 'zod';
import { listenersSchema, type Same } from './node-schema.js';

export type ClientMessage =
  /** From the client. */
  | { readonly kind: 'keepAlive' }
  | { readonly kind: 'amLeaving' }
  /** The answer to keepAlive. `listeners` hear the source anywhere, `scxListeners` at this SCX. */
  | { readonly kind: 'alive'; readonly listeners: number; readonly scxListeners: number }
  /** The SCX leaves the session: attach anew. */
  | { readonly kind: 'leaving' };

export const clientMessageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['keepAlive', 'amLeaving', 'leaving']) }),
  z.strictObject({
    kind: z.literal('alive'),
    listeners: listenersSchema,
    scxListeners: listenersSchema,
  }),
]);

true satisfies Same<z.infer<typeof clientMessageSchema>, ClientMessage>;
