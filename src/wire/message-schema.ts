/**
 * The shapes of what SCXs say to each other (gossamer/message.ts). Strict, with every string, list
 * and number bounded: behind these schemas the protocol may trust the shape of what it hears, though
 * never the truth of it. Checked once for each frame.
 */
import { z } from 'zod';
import type { DataMessage, Message } from '../gossamer/message.js';
import { BOUNDS } from './limits.js';
import {
  channelSchema,
  countSchema,
  listenersSchema,
  listOf,
  memberSchema,
  msSchema,
  nodeIdSchema,
  type Same,
  sourceIdSchema,
  sourceSchema,
} from './node-schema.js';

const route = z.strictObject({
  scx: nodeIdSchema,
  stamp: countSchema,
  costMs: msSchema,
  path: listOf(nodeIdSchema, BOUNDS.pathMax),
  sources: listOf(sourceSchema, BOUNDS.sourcesPerRouteMax),
});

const routes = listOf(route, BOUNDS.routesMax);
const withdrawal = z.strictObject({ scx: nodeIdSchema, stamp: countSchema });
const death = z.strictObject({ id: nodeIdSchema, incarnation: countSchema });

const notice = z.strictObject({
  what: z.enum(['left', 'failed', 'alive']),
  about: memberSchema,
  atMs: msSchema,
  reporter: nodeIdSchema,
});

export const messageSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['discovery', 'discoveryResponse']),
    members: listOf(memberSchema, BOUNDS.membersMax),
    deaths: listOf(death, BOUNDS.deathsMax),
    generator: nodeIdSchema.nullable(),
  }),
  z.strictObject({ kind: z.literal('notice'), notice }),
  z.strictObject({
    kind: z.enum(['keepAlive', 'requestStatus', 'edgeAccept', 'edgeReject', 'edgeDrop']),
  }),
  z.strictObject({ kind: z.literal('heartbeat'), generator: memberSchema, sequence: countSchema }),
  z.strictObject({
    kind: z.literal('status'),
    canAccept: z.boolean(),
    routes,
    neighbours: listOf(memberSchema, BOUNDS.neighboursMax),
    generator: nodeIdSchema.nullable(),
  }),
  z.strictObject({ kind: z.literal('edgeRequest'), rttMs: msSchema }),
  z.strictObject({
    kind: z.literal('update'),
    routes,
    withdrawn: listOf(withdrawal, BOUNDS.withdrawnMax),
  }),
  z.strictObject({ kind: z.enum(['ping', 'pong']), nonce: countSchema }),
]);

const flow = { source: sourceIdSchema, channel: channelSchema };

export const dataMessageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('subscribe'), ...flow, from: countSchema.nullable() }),
  z.strictObject({ kind: z.literal('subscribed'), ...flow, from: countSchema }),
  z.strictObject({ kind: z.enum(['unsubscribe', 'refused']), ...flow }),
  z.strictObject({
    kind: z.literal('audience'),
    source: sourceIdSchema,
    listeners: listenersSchema,
  }),
]);

true satisfies Same<z.infer<typeof messageSchema>, Message>;
true satisfies Same<z.infer<typeof dataMessageSchema>, DataMessage>;
