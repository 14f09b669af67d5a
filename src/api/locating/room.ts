/**
 * `GET /room?challenge=TEXT&known=VERSION`: what a cluster has room for, asked about once a second by those
 * who send listeners to it. The answer is small, and proves whose it is: with a challenge it carries
 * the signature of the cluster's key over the challenge and the body. Fields are only ever added.
 *
 * Numbers of listeners are rounded down to two bits, so that the list of sessions changes seldom; it is
 * left out for those who know its version.
 */
import { z } from 'zod';
import { publicKeySchema } from '../source-access.js';

export const ROOM_PATH = '/room';

/** More than any cluster has. */
const SESSIONS_MAX = 10_000;

const count = z.number().int().nonnegative().max(1e9);

const sessionRoomSchema = z.object({
  /** `scattercast://creator/session#KEY`. */
  id: z.string().max(400),
  /** Listeners that can come, those in a further SCX included. */
  free: count,
});

export const roomAnswerSchema = z.object({
  /** Of the cluster. */
  key: publicKeySchema,
  /** Of its front ends, as it tells the world: `http://host:port`. */
  urls: z.array(z.string().max(300)).min(1).max(4),
  /** It carries sessions that are announced at any other cluster. */
  carries: z.boolean(),
  /** SCXs that it may start for such sessions. */
  places: count,
  /** Listeners that can come, in all. */
  free: count,
  /** Of the list of sessions. */
  version: z.string().max(64),
  /** Public sessions that are announced or run here; absent if the asker knows this version. */
  sessions: z.array(sessionRoomSchema).max(SESSIONS_MAX).optional(),
});

/** The answer. */
export type RoomAnswer = Readonly<z.infer<typeof roomAnswerSchema>>;

/** A session in it. */
export type SessionRoom = Readonly<z.infer<typeof sessionRoomSchema>>;

/** The number with its two highest bits only: 0, 1, 2, 3, 4, 6, 8, 12 and so on. */
export function roundedRoom(listeners: number): number {
  if (listeners < 4) return Math.max(0, Math.floor(listeners));
  const unit = 2 ** (Math.floor(Math.log2(listeners)) - 1);
  return Math.floor(listeners / unit) * unit;
}
