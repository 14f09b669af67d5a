/**
 * `POST /leases`: an SCX renews its lease with its front end. The body is the SCX's status
 * (scx-status.ts). Both prove that they know the cluster's secret (http/cluster-proof.ts); the answer is the terms of the lease: what
 * the cluster wants from the SCX now. 410 tells an SCX to leave. Soft state: a restarted front end
 * learns its SCXs again from their renewals.
 */
import { z } from 'zod';
import { certificateMarkSchema } from './certificates/cluster-certificate.js';
import { fallbackFileSchema } from './fallback-launch.js';
import { channelSchema, listenerHookSchema, renditionsSchema } from './scx-launch.js';
import { publicKeySchema, sourceAccessSchema } from './source-access.js';

const text = z.string().max(256).nullable();

/** The session's description for players, as its announcement says now. */
const stationSchema = z.object({
  title: text,
  genre: text,
  // Absent from older front ends.
  description: z.string().max(1000).nullish(),
  homepage: z.string().max(2048).nullish(),
  isListed: z.boolean().optional(),
  renditions: renditionsSchema.optional(),
  channels: z
    .array(channelSchema.pick({ id: true, rateKbps: true }))
    .max(16)
    .optional(),
});

const remoteFallbackSchema = z.object({
  /** Its name at the front ends. */
  file: z.string().regex(/^[0-9a-f-]{36}\.mp3$/),
  title: z.string().max(256),
  /** The seed of its source key, sealed with the cluster's secret (runtime/sealed-text.ts). */
  sealedSeed: z.string().max(400),
});

/** A fallback file that an SCX fetches from its front ends. */
export type RemoteFallback = Readonly<z.infer<typeof remoteFallbackSchema>>;

/** Clusters that are asked for what is missing of a recording. */
export const RECORDING_OTHERS_MAX = 8;

export const leaseTermsSchema = z.object({
  /** The SCX is a rendezvous point of its session (§3.4). */
  rendezvous: z.boolean(),
  /** It stays when its last client has gone. Absent from older front ends. */
  keep: z.boolean().optional(),
  /** Absent when the front end does not know the announcement. */
  station: stationSchema.optional(),
  access: sourceAccessSchema.optional(),
  /** The file to play while nobody broadcasts; null: nothing; absent: what was played before. */
  fallback: fallbackFileSchema.nullable().optional(),
  /** The same on a platform of several machines. */
  remoteFallback: remoteFallbackSchema.nullable().optional(),
  /**
   * How long what is played is kept on the disk, ms, and whether this SCX writes it; null: nothing is kept.
   * `isForeign`: it lies where recordings of sessions from elsewhere do. `others`: clusters that are asked for what is missing. Absent from older front ends.
   */
  recording: z
    .object({
      keepMs: z.number().nonnegative(),
      records: z.boolean(),
      isForeign: z.boolean().optional(),
      others: z
        .array(z.object({ url: z.string().max(300), key: publicKeySchema }))
        .max(RECORDING_OTHERS_MAX)
        .optional(),
    })
    .nullable()
    .optional(),
  /** The server that is asked about listeners; null: none; absent from older front ends. */
  listenerHook: listenerHookSchema.nullable().optional(),
  /** All front ends of the cluster: the lease is renewed at each. Absent where there is one. */
  frontEnds: z.array(z.string().max(2048)).max(16).optional(),
  /** The certificate of this front end, which it gives to SCXs on other machines. */
  certificate: certificateMarkSchema.optional(),
  /** There is an order to hand over in the SCX's `successorFile` (hand-over-order.ts). */
  handOver: z.boolean().optional(),
  /**
   * Another SCX takes its place, to which its sockets cannot be handed: it takes no more listeners, and
   * ends when they have gone, or after that time, ms.
   */
  retireWithinMs: z.number().nonnegative().optional(),
});

/** The front end's answer to a renewal. */
export type LeaseTerms = Readonly<z.infer<typeof leaseTermsSchema>>;
