/**
 * HELLO: the sender, the session, and the purpose of the connection. The opener sends it first. The
 * acceptor answers with its own, or with a REFUSAL and closes the connection:
 *
 * | HELLO of the opener | HELLO of the acceptor |
 * | --- | --- |
 * | `control` | `control` |
 * | `data` | `data`, of the same channel |
 * | `client` | `control`, because a client needs to know its SCX |
 * | `receive` | `control`; then the acceptor sends lots |
 * | `watch` | `control`; then the acceptor sends SKETCH, again and again |
 */
import { z } from 'zod';
import type { Member, Source, SourceId } from '../gossamer/core/node.js';
import { isPublicKey, type PublicKey } from '../session/public-key.js';
import { type DatagramToken, isToken } from './datagram.js';
import { BOUNDS } from './limits.js';
import {
  channelSchema,
  countSchema,
  memberFields,
  type Same,
  signedTimeFields,
  sourceIdSchema,
  sourceSchema,
} from './node-schema.js';

/** The version of this protocol; another one is refused. */
export const WIRE_VERSION = 8;

/** A cluster's word that an SCX is its own, which private sessions ask for (overlay/tls/membership.ts). */
export interface Voucher {
  /** Of the cluster. */
  readonly key: PublicKey;
  /** In base64url. */
  readonly signature: string;
}

/**
 * Where the segments of HLS of an SCX stand in its playlists (scx/sound/segment-numbers.ts): those that follow each other up
 * to the newest one. An SCX that joins numbers alike.
 */
export interface SegmentPlace {
  readonly source: SourceId;
  /** The source's number of the first frame of the oldest one. */
  readonly first: number;
  /** The media sequence number of that. */
  readonly number: number;
  /** The discontinuity sequence number. */
  readonly discontinuities: number;
  /** The media sequence number of the newest one, which is being filled. */
  readonly last: number;
}

export const segmentPlaceSchema = z.strictObject({
  source: sourceIdSchema,
  first: countSchema,
  number: countSchema,
  discontinuities: countSchema,
  last: countSchema,
});

export const voucherSchema = z.strictObject({
  key: z.custom<PublicKey>(isPublicKey),
  signature: z.string().max(BOUNDS.signatureLengthMax),
});

interface Vouched {
  readonly voucher?: Voucher | undefined;
}

interface Greeting {
  readonly version: typeof WIRE_VERSION;
  /** `scattercast://creator/session#KEY`. */
  readonly session: string;
}

export type ControlHello = Greeting &
  Member &
  Vouched & { readonly purpose: 'control'; readonly segment?: SegmentPlace | undefined };
export type DataHello = Greeting &
  Member &
  Vouched & {
    readonly purpose: 'data';
    readonly channel: number;
    /**
     * Identifies the datagrams of both sides (datagram.ts). The answer repeats it to accept them.
     */
    readonly token?: DatagramToken | undefined;
  };
export type ClientHello = Greeting & {
  readonly purpose: 'client';
  readonly source: Source;
  /** Proves that it has a source key of the session: overlay/lots/source-statement.ts. */
  readonly proof: {
    readonly key: PublicKey;
    /** The source's clock, ms since 1970. */
    readonly timeMs: number;
    /** In base64url. */
    readonly signature: string;
  };
};

/** How far a client has received a source's ADUs on a channel. */
export interface Position {
  readonly source: SourceId;
  readonly channel: number;
  /** The number of the ADU that it wants next. */
  readonly next: number;
}

/** A client that receives (§2.5). It has no key: it may listen, and not send. */
export type ReceiveHello = Greeting & {
  readonly purpose: 'receive';
  /** The channels that it wants: 1 to `channelsMax`, each once. */
  readonly channels: readonly number[];
  /** What it has received already, at another SCX or over another connection. */
  readonly positions: readonly Position[];
  /** Of a private session (runtime/ticket.ts). */
  readonly ticket?: string | undefined;
  /** It would use the SCX's group in the local network (client-message.ts). */
  readonly group?: true | undefined;
};

/** An SCX whose operator looks at the overlay. */
export type WatchHello = Greeting & Member & Vouched & { readonly purpose: 'watch' };

export type Hello = ControlHello | DataHello | ClientHello | ReceiveHello | WatchHello;

/** Whether it comes from a client (§2.5), which proves no id. */
export const isOfClient = (hello: Hello): hello is ClientHello | ReceiveHello =>
  hello.purpose === 'client' || hello.purpose === 'receive';

const tokenSchema = z.custom<DatagramToken>(isToken);

const greeting = {
  version: z.literal(WIRE_VERSION),
  session: z.string().max(BOUNDS.sessionLengthMax),
};

export const positionSchema = z.strictObject({
  source: sourceIdSchema,
  channel: channelSchema,
  next: countSchema,
});

const areDistinct = (channels: readonly number[]): boolean =>
  new Set(channels).size === channels.length;

const scxFields = { ...greeting, ...memberFields, voucher: voucherSchema.optional() };

/** The shape of a HELLO's JSON body. */
export const helloSchema = z.discriminatedUnion('purpose', [
  z.strictObject({
    ...scxFields,
    purpose: z.literal('control'),
    segment: segmentPlaceSchema.optional(),
  }),
  z.strictObject({ ...scxFields, purpose: z.literal('watch') }),
  z.strictObject({
    ...scxFields,
    purpose: z.literal('data'),
    channel: channelSchema,
    token: tokenSchema.optional(),
  }),
  z.strictObject({
    ...greeting,
    purpose: z.literal('client'),
    source: sourceSchema,
    proof: z.strictObject({
      key: z.custom<PublicKey>(isPublicKey),
      ...signedTimeFields,
    }),
  }),
  z.strictObject({
    ...greeting,
    purpose: z.literal('receive'),
    channels: z.array(channelSchema).min(1).max(BOUNDS.channelsMax).refine(areDistinct).readonly(),
    positions: z.array(positionSchema).max(BOUNDS.positionsMax).readonly(),
    ticket: z.string().max(BOUNDS.ticketLengthMax).optional(),
    group: z.literal(true).optional(),
  }),
]);

/** The version in a HELLO of any shape; 0 without one. */
export function versionOf(body: unknown): number {
  const found = z.object({ version: z.number() }).safeParse(body);
  return found.success ? found.data.version : 0;
}

true satisfies Same<z.infer<typeof helloSchema>, Hello>;
