/**
 * The shapes that JSON bodies share: ids, addresses, members, sources. A schema's output type must
 * be the hand-written type; `Same` makes the compiler check that.
 */
import { z } from 'zod';
import type { Address, Member, NodeId, Source, SourceId } from '../gossamer/core/node.js';
import { isAddress } from './address-codec.js';
import { isId, isNodeId } from './id-codec.js';
import { BOUNDS } from './limits.js';

/** `true` where two types are assignable to each other; `true satisfies Same<A, B>` checks it. */
export type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** A node id. */
export const nodeIdSchema = z.custom<NodeId>(isNodeId);
const sourceIdSchema = z.custom<SourceId>(isId);
/** `host:port`, an IPv6 host in brackets. */
export const addressSchema = z.custom<Address>(isAddress);

/** An integer from 0 that a double holds exactly. */
const countSchema = z.int().nonnegative();
/** A number of listeners. */
export const listenersSchema = z.int().min(0).max(BOUNDS.listenersMax);
/** The id of a channel. */
export const channelSchema = z.int().min(0).max(255);

/** When something was signed, ms since 1970, and the signature in base64url. */
export const signedTimeFields = {
  timeMs: countSchema,
  signature: z.string().max(BOUNDS.signatureLengthMax),
};

/** The fields of a `Member`. */
export const memberFields = {
  id: nodeIdSchema,
  address: addressSchema,
  incarnation: countSchema,
  rendezvous: z.boolean(),
};

const memberSchema = z.strictObject(memberFields);

/** A `Source`. */
export const sourceSchema = z.strictObject({
  id: sourceIdSchema,
  priority: z.int().min(0).max(255),
  epoch: countSchema,
});

true satisfies Same<z.infer<typeof memberSchema>, Member>;
true satisfies Same<z.infer<typeof sourceSchema>, Source>;
