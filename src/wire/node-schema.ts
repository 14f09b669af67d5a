/**
 * The shapes that JSON bodies share: ids, addresses, members, sources; and that of a SKETCH frame
 * (gossamer/sketch.ts), which is JSON as it is sent rarely. A schema's output type must
 * be the hand-written type; `Same` makes the compiler check that.
 */
import { z } from 'zod';
import type { Address, Member, NodeId, Source, SourceId } from '../gossamer/core/node.js';
import {
  SKETCH_NEIGHBOURS_MAX,
  SKETCH_SOURCES_MAX,
  type Sketch,
  type SketchPlace,
} from '../gossamer/sketch.js';
import { isAddress } from './address-codec.js';
import { isId, isNodeId } from './id-codec.js';
import { BOUNDS } from './limits.js';

/** `true` where two types are assignable to each other; `true satisfies Same<A, B>` checks it. */
export type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** A node id. */
export const nodeIdSchema = z.custom<NodeId>(isNodeId);
/** The id of a source. */
export const sourceIdSchema = z.custom<SourceId>(isId);
/** `host:port`, an IPv6 host in brackets. */
export const addressSchema = z.custom<Address>(isAddress);

/** An integer from 0 that a double holds exactly. */
export const countSchema = z.int().nonnegative();
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

const DAY_MS = 86_400_000;
const coordinate = z.number().min(-DAY_MS).max(DAY_MS);
const msSchema = z.number().min(0).max(DAY_MS);

/** Coordinates. */
export const placeSchema = z.strictObject({ x: coordinate, y: coordinate, height: msSchema });

/** A sketch of an SCX. */
export const sketchSchema = z.strictObject({
  place: placeSchema.nullable(),
  listeners: countSchema,
  neighbours: z
    .array(z.strictObject({ id: nodeIdSchema, rttMs: msSchema }))
    .max(SKETCH_NEIGHBOURS_MAX)
    .readonly(),
  sources: z
    .array(
      z.strictObject({
        id: sourceIdSchema,
        scx: nodeIdSchema,
        parent: nodeIdSchema.nullable(),
        audience: countSchema,
      }),
    )
    .max(SKETCH_SOURCES_MAX)
    .readonly(),
  failovers: countSchema,
  stallMs: countSchema,
  repaired: countSchema,
  lost: countSchema,
});

true satisfies Same<z.infer<typeof memberSchema>, Member>;
true satisfies Same<z.infer<typeof sourceSchema>, Source>;
true satisfies Same<z.infer<typeof placeSchema>, SketchPlace>;
true satisfies Same<z.infer<typeof sketchSchema>, Sketch>;
