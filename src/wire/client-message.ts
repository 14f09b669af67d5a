/**
 * The messages between a broadcaster and its SCX (§2.5): "As long as the client is part of the
 * session, it sends periodic KEEP_ALIVE messages to the SCX. It announces its imminent departure
 * via an AM_LEAVING message."
 *
 * Beyond: the SCX answers each KEEP_ALIVE with the number of listeners, so that the client also
 * notices a dead SCX; and the SCX announces that it is going to leave. Now and then the client signs
 * anew that it is attached there, as such a statement grows old.
 */
import { z } from 'zod';
import { listenersSchema, type Same, signedTimeFields } from './node-schema.js';

export type ClientMessage =
  /** Sent by the client. */
  | { readonly kind: 'keepAlive' }
  | { readonly kind: 'amLeaving' }
  /** Sent by the client: its source's statement of now, which replaces that of its HELLO. */
  | { readonly kind: 'stated'; readonly timeMs: number; readonly signature: string }
  /** The answer to keepAlive: the source's listeners in the whole session, and at this SCX. */
  | { readonly kind: 'alive'; readonly listeners: number; readonly scxListeners: number }
  /** The SCX leaves the session: the client must attach again. */
  | { readonly kind: 'leaving' };

/** The shape of a client message's JSON body. */
export const clientMessageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['keepAlive', 'amLeaving', 'leaving']) }),
  z.strictObject({ kind: z.literal('stated'), ...signedTimeFields }),
  z.strictObject({
    kind: z.literal('alive'),
    listeners: listenersSchema,
    scxListeners: listenersSchema,
  }),
]);

true satisfies Same<z.infer<typeof clientMessageSchema>, ClientMessage>;
