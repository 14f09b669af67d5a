/**
 * The shapes that several bodies share: ids, addresses, members, sources. A schema's output type
 * must be the hand-written type; `Same` makes the compiler say so.
 */
import { z } from 'zod';
import type { Address, Member, NodeId, Source, SourceId } from '../gossamer/node.js';
import { BOUNDS } from './limits.js';

/** True where two types are assignable to each other, which else does not compile. */
export type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

const ID = /^[0-9a-f]{16}$/;
const ADDRESS = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253}):([1-9][0-9]{0,4})$/;

const isId = (value: unknown): boolean => typeof value === 'string' && ID.test(value);

function isAddress(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > BOUNDS.addressLengthMax) return false;
  const port = ADDRESS.exec(value)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}

export const nodeIdSchema = z.custom<NodeId>(isId);
export const sourceIdSchema = z.custom<SourceId>(isId);
/** `host:port`, an IPv6 host in brackets. */
export const addressSchema = z.custom<Address>(isAddress);

/** An integer from 0 that a double holds exactly. */
export const countSchema = z.int().nonnegative();
export const listenersSchema = z.int().min(0).max(BOUNDS.listenersMax);
/** Finite, from 0. */
export const msSchema = z.number().nonnegative();
export const channelSchema = z.int().min(0).max(255);

/** A bounded list. */
export const listOf = <T>(item: z.ZodType<T>, most: number): z.ZodType<readonly T[]> =>
  z.array(item).max(most);

export const memberFields = {
  id: nodeIdSchema,
  address: addressSchema,
  incarnation: countSchema,
  rendezvous: z.boolean(),
};

export const memberSchema = z.strictObject(memberFields);

export const sourceSchema = z.strictObject({
  id: sourceIdSchema,
  priority: z.int().min(0).max(255),
  epoch: countSchema,
});

true satisfies Same<z.infer<typeof memberSchema>, Member>;
true satisfies Same<z.infer<typeof sourceSchema>, Source>;
