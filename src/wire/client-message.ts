/**
 * The messages between a broadcaster and its SCX (§2.5): "As long as the client is part of the
 * session, it sends periodic KEEP_ALIVE messages to the SCX. It announces its imminent departure
 * via an AM_LEAVING message."
 *
 * Beyond: the SCX answers each KEEP_ALIVE with the number of listeners, so that the client also
 * notices a dead SCX; and the SCX announces that it is going to leave.
 */
import { z } from 'zod';
import { listenersSchema, type Same } from './node-schema.js';

export type ClientMessage =
  /** Sent by the client. */
  | { readonly kind: 'keepAlive' }
  | { readonly kind: 'amLeaving' }
  /** The answer to keepAlive: the source's listeners in the whole session, and at this SCX. */
  | { readonly kind: 'alive'; readonly listeners: number; readonly scxListeners: number }
  /** The SCX leaves the session: the client must attach again. */
  | { readonly kind: 'leaving' };

/** The shape of a client message's JSON body. */
export const clientMessageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['keepAlive', 'amLeaving', 'leaving']) }),
  z.strictObject({
    kind: z.literal('alive'),
    listeners: listenersSchema,
    scxListeners: listenersSchema,
  }),
]);

true satisfies Same<z.infer<typeof clientMessageSchema>, ClientMessage>;
