/**
 * The messages between a broadcaster and its SCX (§2.5): "As long as the client is part of the
 * session, it sends periodic KEEP_ALIVE messages to the SCX. It announces its imminent departure
 * via an AM_LEAVING message."
 *
 * Beyond: the SCX answers each KEEP_ALIVE with the number of listeners, so that the client also
 * notices a dead SCX; and the SCX announces that it is going to leave. Now and then the client signs
 * anew that it is attached there, as such a statement grows old. The SCX says which channels somebody
 * wants that the source sends only then.
 *
 * A client that receives may be moved to the SCX's group in the local network, and back: "The client
 * initially attempts to communicate with the SCX over the IP multicast group, but reverts to unicast
 * communication if that fails." The key of the group comes over this connection, which only those have
 * who may listen.
 */
import { z } from 'zod';
import { type DatagramToken, isToken } from './datagram.js';
import { type Position, positionSchema } from './hello.js';
import { BOUNDS } from './limits.js';
import {
  channelSchema,
  countSchema,
  listenersSchema,
  type Same,
  signedTimeFields,
} from './node-schema.js';

/** Where the group of an SCX is, and what its datagrams are sealed with. */
export interface GroupInvitation {
  /** An IPv4 address. */
  readonly address: string;
  readonly port: number;
  /** Of the datagrams of the SCX. */
  readonly token: DatagramToken;
  /** 16 bytes in base64url. */
  readonly key: string;
}

/** The number of an ADU in the order in which the SCX sends those of a channel. */
interface Placed {
  readonly channel: number;
  readonly place: number;
}

export type ClientMessage =
  /** Sent by the client. */
  | { readonly kind: 'keepAlive' }
  | { readonly kind: 'amLeaving' }
  /** Sent by the client: its source's statement of now, which replaces that of its HELLO. */
  | { readonly kind: 'stated'; readonly timeMs: number; readonly signature: string }
  /** The answer to keepAlive: the source's listeners in the whole session, and at this SCX. */
  | {
      readonly kind: 'alive';
      readonly listeners: number;
      readonly scxListeners: number;
      /** For a client on the group: the places of the ADUs that are sent next. */
      readonly places?: readonly Placed[] | undefined;
    }
  /** Sent to a client that wants it: there is a group. */
  | ({ readonly kind: 'group' } & GroupInvitation)
  /** Sent by the client: the group is heard, it is to be sent no more over the connection. */
  | { readonly kind: 'heard' }
  /** The answer: from these places on it gets ADUs by the group alone. */
  | { readonly kind: 'onGroup'; readonly places: readonly Placed[] }
  /** Sent by the client: it is to get over the connection what follows on what it has. */
  | { readonly kind: 'unheard'; readonly positions: readonly Position[] }
  /** Sent to a source: somebody wants these optional channels of it, and no others (renditions). */
  | { readonly kind: 'wanted'; readonly channels: readonly number[] }
  /** The SCX leaves the session: the client must attach again. */
  | { readonly kind: 'leaving' };

const placesSchema = z
  .array(z.strictObject({ channel: channelSchema, place: countSchema }))
  .max(BOUNDS.channelsMax)
  .readonly();

/** The shape of a client message's JSON body. */
export const clientMessageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['keepAlive', 'amLeaving', 'leaving', 'heard']) }),
  z.strictObject({ kind: z.literal('stated'), ...signedTimeFields }),
  z.strictObject({
    kind: z.literal('wanted'),
    channels: z.array(channelSchema).max(BOUNDS.channelsMax).readonly(),
  }),
  z.strictObject({
    kind: z.literal('alive'),
    listeners: listenersSchema,
    scxListeners: listenersSchema,
    places: placesSchema.optional(),
  }),
  z.strictObject({
    kind: z.literal('group'),
    address: z.ipv4(),
    port: z.number().int().min(1).max(65_535),
    token: z.custom<DatagramToken>(isToken),
    key: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  }),
  z.strictObject({ kind: z.literal('onGroup'), places: placesSchema }),
  z.strictObject({
    kind: z.literal('unheard'),
    positions: z.array(positionSchema).max(BOUNDS.positionsMax).readonly(),
  }),
]);

true satisfies Same<z.infer<typeof clientMessageSchema>, ClientMessage>;
