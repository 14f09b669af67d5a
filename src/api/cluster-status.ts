/**
 * `GET /status` of a front end: a public interface for pages, scripts and `scattercast status`,
 * described in docs/http.md. Fields are only ever added. A reader ignores fields that it does not
 * know, and a field that an older cluster does not send has its default.
 */
import { z } from 'zod';
import { RENDITIONS_MAX } from '../session/renditions.js';
import { disturbancesSchema, NO_DISTURBANCES, scxStatusSchema } from './scx-status.js';
import { publicKeySchema } from './source-access.js';

const count = z.number().int().nonnegative();
const countOrZero = count.default(0);
const textOrNull = (lengthMax: number) => z.string().max(lengthMax).nullable().default(null);

/** More than any cluster runs; they bound what a hostile cluster can make a client read. */
const SESSIONS_MAX = 10_000;
const SCXS_MAX = 1024;
const SPARES_MAX = 1024;
const MACHINES_MAX = 1024;

const sessionStatusSchema = z.object({
  /** `scattercast://creator/session` */
  session: z.string().max(400),
  /** The session's public key: a session is its name and key. */
  key: publicKeySchema,
  /** Unique at a cluster: `creator/session` if it is published here, else `creator/session@KEY`. */
  path: z.string().max(400),
  /** As announced; null if the announcement does not say, or is not (or no longer) known. */
  title: textOrNull(1024),
  genre: textOrNull(1024),
  description: textOrNull(16_384),
  /** Absent from older clusters. */
  homepage: z.string().max(2048).nullable().optional(),
  /** For a player. */
  listenUrl: z.string().max(2048),
  /** Null if it is not (or no longer) known. */
  announcementUrl: textOrNull(2048),
  /** Published here, so its rendezvous SCX always runs. */
  kept: z.boolean(),
  /** The station wants to be in directories of streams. Absent from older clusters. */
  listed: z.boolean().optional(),
  /** No directory or page is to list it. Absent: it may be listed. */
  unlisted: z.literal(true).optional(),
  language: z.string().max(64).optional(),
  /** The bit rates in which it is offered as well, kbit/s, the highest first. Absent: in none. */
  renditions: z.array(count).max(RENDITIONS_MAX).optional(),
  /** The hash of its picture, which is at `/images/HASH`. Absent: it has none. */
  image: z.string().max(64).optional(),
  /** Only holders of a ticket listen. Public answers leave such sessions out. */
  private: z.boolean().optional(),
  /** An SCX here plays a source. */
  onAir: z.boolean(),
  /** At this cluster, over all SCXs of the session. */
  listeners: count,
  /** The most at a time. */
  listenersPeak: countOrZero,
  /** All that came, also at SCXs that have ended. */
  listenersTotal: countOrZero,
  /** The sum of the limits of the SCXs that run. */
  listenersMax: countOrZero,
  /** Of the whole session, as far as the SCXs here know. */
  sources: count,
  /** Of the SCXs that run, summed up. */
  disturbances: disturbancesSchema.default(NO_DISTURBANCES),
  scxs: z.array(scxStatusSchema).max(SCXS_MAX),
});

/** One session at a cluster. */
export type SessionStatus = Readonly<z.infer<typeof sessionStatusSchema>>;

const machineSchema = z.object({
  /** Its host name, by which players reach the SCXs there. */
  name: z.string().max(255),
  /** The engine reaches it. */
  ready: z.boolean(),
  /** It is given SCXs: it is neither drained nor paused. */
  active: z.boolean(),
  scxs: count,
  listeners: count,
});

export const clusterStatusSchema = z.object({
  cluster: z.object({
    /** The URL of this front end: `http://host:port`. */
    url: z.string().max(2048),
    version: z.string().max(64),
    /** Its key, which private sessions list. Absent from older clusters. */
    key: publicKeySchema.optional(),
    /** ISO 8601. */
    startedAt: z.string().max(40),
    /** The machines of the Swarm; absent on the platform `process`. */
    machines: z.array(machineSchema).max(MACHINES_MAX).optional(),
    /** SCX processes here, those that have only just been launched included. */
    scxs: countOrZero,
    scxsMax: countOrZero,
    /** Everybody may look at the maps of overlays; absent: only operators. */
    publicMap: z.literal(true).optional(),
    /**
     * Processes that are started and wait for a launch: they are no SCXs and count as none. `ready`: the
     * program is loaded. `machine`: on a Swarm. Absent from older clusters.
     */
    spares: z
      .array(
        z.object({
          pid: z.number().int().positive(),
          ready: z.boolean(),
          machine: z.string().max(255).optional(),
        }),
      )
      .max(SPARES_MAX)
      .optional(),
    /** Of all sessions, at this cluster. */
    listeners: countOrZero,
    listenersTotal: countOrZero,
  }),
  /** Those published here, and those with an SCX here; by name. */
  sessions: z.array(sessionStatusSchema).max(SESSIONS_MAX),
});

/** The answer to `GET /status`. */
export type ClusterStatus = Readonly<z.infer<typeof clusterStatusSchema>>;
