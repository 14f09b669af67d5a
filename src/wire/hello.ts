/**
 * HELLO: who speaks, of which session, and what the connection is for. The opener sends it first.
 * The acceptor answers with its own: of purpose `data` and the same channel to `data`, of purpose
 * `control` to `control` and to `client`, as a client too wants to know which SCX it is attached
 * to. Or it answers with a REFUSAL and ends.
 */
import { z } from 'zod';
import type { Member, Source } from '../gossamer/core/node.js';
import { type DatagramToken, isToken } from './datagram.js';
import { BOUNDS } from './limits.js';
import { channelSchema, memberFields, type Same, sourceSchema } from './node-schema.js';

/** The version of this protocol; another one is refused. */
export const WIRE_VERSION = 3;

interface Greeting {
  readonly version: typeof WIRE_VERSION;
  /** `scattercast://creator/session`, normalised. */
  readonly session: string;
}

export type ControlHello = Greeting & Member & { readonly purpose: 'control' };
export type DataHello = Greeting &
  Member & {
    readonly purpose: 'data';
    readonly channel: number;
    /** By this both know each other's datagrams (datagram.ts). The answer holds it if they may come. */
    readonly token?: DatagramToken | undefined;
  };
export type ClientHello = Greeting & {
  readonly purpose: 'client';
  readonly source: Source;
  /** The session's source password, in the clear. */
  readonly password?: string | undefined;
};

export type Hello = ControlHello | DataHello | ClientHello;

const tokenSchema = z.custom<DatagramToken>(isToken);

const greeting = {
  version: z.literal(WIRE_VERSION),
  session: z.string().max(BOUNDS.sessionLengthMax),
};

export const helloSchema = z.discriminatedUnion('purpose', [
  z.strictObject({ ...greeting, ...memberFields, purpose: z.literal('control') }),
  z.strictObject({
    ...greeting,
    ...memberFields,
    purpose: z.literal('data'),
    channel: channelSchema,
    token: tokenSchema.optional(),
  }),
  z.strictObject({
    ...greeting,
    purpose: z.literal('client'),
    source: sourceSchema,
    password: z.string().max(BOUNDS.passwordLengthMax).optional(),
  }),
]);

/** The version that somebody speaks, whatever else its HELLO holds; 0 without one. */
export function versionOf(body: unknown): number {
  const found = z.object({ version: z.number() }).safeParse(body);
  return found.success ? found.data.version : 0;
}

true satisfies Same<z.infer<typeof helloSchema>, Hello>;
