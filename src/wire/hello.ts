/**
 * HELLO: the sender, the session, and the purpose of the connection. The opener sends it first. The
 * acceptor answers with its own, or with a REFUSAL and closes the connection:
 *
 * | HELLO of the opener | HELLO of the acceptor |
 * | --- | --- |
 * | `control` | `control` |
 * | `data` | `data`, of the same channel |
 * | `client` | `control`, because a client needs to know its SCX |
 * | `watch` | `control`; then the acceptor sends SKETCH, again and again |
 */
import { z } from 'zod';
import type { Member, Source } from '../gossamer/core/node.js';
import { isPublicKey, type PublicKey } from '../session/public-key.js';
import { type DatagramToken, isToken } from './datagram.js';
import { BOUNDS } from './limits.js';
import {
  channelSchema,
  memberFields,
  type Same,
  signedTimeFields,
  sourceSchema,
} from './node-schema.js';

/** The version of this protocol; another one is refused. */
export const WIRE_VERSION = 6;

/** A cluster's word that an SCX is its own, which private sessions ask for (overlay/tls/membership.ts). */
export interface Voucher {
  /** Of the cluster. */
  readonly key: PublicKey;
  /** In base64url. */
  readonly signature: string;
}

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

export type ControlHello = Greeting & Member & Vouched & { readonly purpose: 'control' };
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

/** An SCX whose operator looks at the overlay. */
export type WatchHello = Greeting & Member & Vouched & { readonly purpose: 'watch' };

export type Hello = ControlHello | DataHello | ClientHello | WatchHello;

const tokenSchema = z.custom<DatagramToken>(isToken);

const greeting = {
  version: z.literal(WIRE_VERSION),
  session: z.string().max(BOUNDS.sessionLengthMax),
};

const scxFields = { ...greeting, ...memberFields, voucher: voucherSchema.optional() };

/** The shape of a HELLO's JSON body. */
export const helloSchema = z.discriminatedUnion('purpose', [
  z.strictObject({ ...scxFields, purpose: z.literal('control') }),
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
]);

/** The version in a HELLO of any shape; 0 without one. */
export function versionOf(body: unknown): number {
  const found = z.object({ version: z.number() }).safeParse(body);
  return found.success ? found.data.version : 0;
}

true satisfies Same<z.infer<typeof helloSchema>, Hello>;
