/**
 * The status of an SCX: the body of its lease renewals, `GET /status` of the SCX, and one element
 * of the cluster's `GET /status`. A public interface: docs/http.md describes each field.
 */
import { z } from 'zod';
import { RENDITIONS_MAX } from '../session/renditions.js';
import { SOURCE_NAME_LENGTH_MAX } from '../session/source-key.js';
import { segmentPlaceSchema } from '../wire/hello.js';
import { encoderTitlesSchema } from './encoder-titles.js';
import { MOUNT_LENGTH_MAX } from './header-fields.js';

/** 32 digits; SCXs of older versions, whose leases are renewed until they are replaced, have 16. */
const nodeId = z.string().regex(/^[0-9a-f]{16}(?:[0-9a-f]{16})?$/);
const sourceId = z.string().regex(/^[0-9a-f]{16}$/);
const count = z.number().int().nonnegative();
const ms = z.number().nonnegative();
const address = z.string().max(300);

const flowStatus = z.object({
  channel: z.number().int().min(0).max(255),
  /** The SCX that it receives from; null at the source's SCX, or while it has no parent. */
  parent: nodeId.nullable(),
  children: z.array(nodeId).max(128),
  /** Sequence number of the next ADU; null before the first. */
  next: count.nullable(),
  received: count,
  delivered: count,
  forwarded: count,
  duplicate: count,
  missed: count,
  /** Dropped by the reverse-path check (§3.8). */
  stray: count,
});

const sourceStatus = z.object({
  id: sourceId,
  /** The SCX that the source is attached to. */
  scx: nodeId,
  priority: z.number().int().min(0).max(255),
  /** Of its source key, as the announcement names it: the station's, or a DJ's. */
  name: z.string().max(SOURCE_NAME_LENGTH_MAX).optional(),
  /** It sends nothing but digital silence, and counts as away. */
  silent: z.literal(true).optional(),
  /** Of an encoder that is attached to this SCX: the path of the mount that it feeds, as it wrote it. */
  mount: z.string().max(MOUNT_LENGTH_MAX).optional(),
  /**
   * Route to it: sum of one-way distances, and the SCXs from here to there; null without a route.
   */
  costMs: ms.nullable(),
  path: z.array(nodeId).max(64),
  /** Listeners here and below in the source's tree. */
  audience: count,
  flows: z.array(flowStatus).max(16),
});

/** Clients that were not let in as sources, of one network and for one reason. */
const refusedStatus = z.object({
  /** Of an IPv4 address the first 24 bits, of an IPv6 address 48; '' if it is not known. */
  network: z.string().max(64),
  reason: z.string().max(300),
  count,
  /** The last time, ISO 8601. */
  lastAt: z.string().max(40),
});

const neighbourStatus = z.object({
  id: nodeId,
  address,
  rttMs: ms,
  /** Whether this SCX added the edge (k1) or accepted it (k2). */
  ours: z.boolean(),
});

export const neighboursSchema = z.array(neighbourStatus).max(128);

/** Counts by cause; SCXs of other versions may have other causes. */
const causes = z
  .record(z.string().regex(/^[a-zA-Z]{1,40}$/), count)
  .refine((counts) => Object.keys(counts).length <= 32, 'too many causes');

export const disturbancesSchema = z.object({
  /** Changes of parent while the flow was live. */
  failovers: causes,
  stallMs: count,
  repaired: causes,
  lost: causes,
});

/** The disturbances of an SCX's flows. */
export type DisturbanceStatus = z.infer<typeof disturbancesSchema>;

export const NO_DISTURBANCES: DisturbanceStatus = {
  failovers: {},
  stallMs: 0,
  repaired: {},
  lost: {},
};

export const scxStatusSchema = z.object({
  /** `scattercast://creator/session#KEY` */
  session: z.string().max(400),
  id: nodeId,
  pid: z.number().int().positive(),
  /** The id of the Swarm service that runs it, and the name of its machine; absent on the platform `process`. */
  service: z.string().max(64).optional(),
  machine: z.string().max(255).optional(),
  /** Ms since that machine was started. */
  clockMs: ms.optional(),
  /** Absent in SCXs that cannot hand over. */
  version: z.string().max(64).optional(),
  /** Where players listen: `http://HOST:PORT/SESSION.mp3`. */
  httpUrl: z.string().max(2048),
  overlayAddress: address,
  state: z.enum(['joining', 'running', 'leaving']),
  /** While leaving: how much longer that may take, ms; absent if it takes only moments. */
  leavesWithinMs: ms.max(86_400_000).optional(),
  /** The last process that was to take over and did not. */
  failedSuccessor: z.object({ id: nodeId, reason: z.string().max(300) }).optional(),
  rendezvous: z.boolean(),
  startedAt: z.string().max(40),
  listeners: count,
  listenersPeak: count,
  /** Different listeners since the start: one that comes back within seconds is the same. */
  listenersTotal: count.default(0),
  /** Different listeners now. Absent from older SCXs, as is the next one. */
  listenersUnique: count.optional(),
  /** For how long they have listened on average, s. */
  averageListeningS: count.optional(),
  listenersMax: count,
  /** Broadcasters and encoders attached here. */
  attachedSources: count,
  /** The source that is played; null when the session is off the air. */
  playing: sourceId.nullable(),
  /** When that began to be played, ISO 8601; absent when the session is off the air. */
  playingSince: z.string().max(40).optional(),
  /** Now playing. */
  title: z.string().max(1024).nullable(),
  /** The last titles of the session's encoders, for the session's next SCX. */
  encoderTitles: encoderTitlesSchema.optional(),
  /** Where its segments of HLS stand in playlists, for the session's next SCX. */
  segment: segmentPlaceSchema.optional(),
  bitrateKbps: z.number().nonnegative().nullable(),
  /** The lower bit rates in which it offers the sound, and who hears them; absent: none. */
  renditions: z
    .array(z.object({ kbps: count, listeners: count, made: z.boolean() }))
    .max(RENDITIONS_MAX)
    .optional(),
  /** Of the newest frame; absent before the first. */
  sampleRateHz: z.number().int().min(8000).max(48_000).optional(),
  audioChannels: z.number().int().min(1).max(2).optional(),
  membersKnown: count,
  /** The SCX whose HEARTBEAT it follows (§3.5). */
  generator: nodeId.nullable(),
  neighbours: neighboursSchema,
  sources: z.array(sourceStatus).max(256),
  /**
   * SCXs that did not deliver what they had promised: those that it avoids now, and how often it has
   * left one since the start. Absent if there was none.
   */
  avoided: z.object({ scxs: z.array(nodeId).max(32), times: count }).optional(),
  /** In its local network; absent: its cluster has none. */
  multicast: z
    .object({
      /** The first of the session's groups; absent: there was none left. */
      group: z.ipv4().optional(),
      /** Why nothing is sent. */
      problem: z.string().max(200).optional(),
      /** `scattercast tune` that get it by the group, and players that have reported. */
      receivers: count,
      players: count,
      /** The formats that are sent now. */
      sending: z.array(z.string().max(16)).max(8),
    })
    .optional(),
  /** Of what it plays, on its disk; absent: it is to record nothing. */
  recording: z
    .object({
      state: z.enum(['recording', 'stopped']),
      /** When its oldest hour began, ISO 8601; absent: nothing is recorded yet. */
      from: z.string().max(40).optional(),
      /** Why it has stopped. */
      reason: z.string().max(300).optional(),
    })
    .optional(),
  /** The last ones; absent if there were none. */
  refused: z.array(refusedStatus).max(16).optional(),
  /** Of the audio, since the start. */
  disturbances: disturbancesSchema.default(NO_DISTURBANCES),
});

/** One SCX as `status` shows it. */
export type ScxStatus = z.infer<typeof scxStatusSchema>;

/** A source as an SCX sees it. */
type SourceStatus = ScxStatus['sources'][number];

/** The source that is played, if it is attached to this SCX, which then knows most about it. */
export const playedHere = ({ id, playing, sources }: ScxStatus): SourceStatus | undefined =>
  sources.find((source) => source.id === playing && source.scx === id);
