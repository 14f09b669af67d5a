/**
 * What two SCX processes say to each other when one takes over from the other. Only a parent can
 * give its sockets to another process, and only to a child (Node's IPC channel), so the old process
 * starts the new one, and they speak over that channel, one question at a time:
 *
 *   predecessor    welcome            where it is in the overlay
 *   successor      heard ... heard    what it hears of the session, again and again
 *   predecessor    estate             as soon as it hears the same: the ring, from which it goes on
 *                  door               the listening socket: newcomers are the successor's
 *   successor      known              the front end has its lease
 *   predecessor    listener ...       each with its socket; then it hangs up
 *   successor      title ...          which encoders who stayed there have told it, as it has the port
 *
 * The successor says `took` to each of the predecessor's. The two may be of different versions, so
 * what comes is checked, and the successor says which one of this it speaks: what is not understood
 * ends it before anything has changed.
 */
import { z } from 'zod';
import { launchSchema } from '../../api/scx-launch.js';
import { encoderTitleSchema } from '../ingest/encoder-title.js';
import { listenerStateSchema } from '../listeners/listener-state.js';
import type { PlaybackState } from '../sound/playhead.js';

/** Raised when one side could misunderstand the other. */
export const HAND_OVER_VERSION = 1;

const count = z.number().int().nonnegative();
const title = z.string().max(1024).nullable();
const sourceId = launchSchema.shape.id;

const runSchema = z.object({ source: sourceId, first: count, last: count });

const heardSchema = z.object({
  kind: z.literal('heard'),
  version: z.literal(HAND_OVER_VERSION),
  /** It has neighbours in the mesh. */
  isJoined: z.boolean(),
  run: runSchema.nullable(),
  title,
});

/** What a successor hears of the session. */
export type Heard = Readonly<z.infer<typeof heardSchema>>;

export const successorSchema = z.discriminatedUnion('kind', [
  heardSchema,
  z.object({ kind: z.literal('took') }),
  z.object({ kind: z.literal('known') }),
  encoderTitleSchema.extend({ kind: z.literal('title') }),
]);

export type SuccessorMessage = z.infer<typeof successorSchema>;

/** Bytes in base64, duration, sequence number, title. */
const frameSchema = z.tuple([z.string(), z.number(), count, title]);

const playbackStateSchema = z.object({
  kind: z.literal('estate'),
  frames: z.array(frameSchema),
  first: count,
  ageMs: z.number(),
  position: z.object({ source: sourceId, sequence: count }).nullable(),
});

const seatSchema = z.object({
  isOpen: z.boolean(),
  frame: count.nullable(),
  icy: z.object({ left: count, told: title }).nullable(),
});

export const predecessorSchema = z.discriminatedUnion('kind', [
  /** Who joins there is in the session at once. */
  z.object({
    kind: z.literal('welcome'),
    overlayAddress: z.string().max(300),
    /** Whether it knows what to do with titles; earlier versions do not. */
    takesTitles: z.boolean().optional(),
  }),
  playbackStateSchema,
  z.object({ kind: z.literal('door') }),
  z.object({ kind: z.literal('listener'), passport: listenerStateSchema, seat: seatSchema }),
]);

export type PredecessorMessage = z.infer<typeof predecessorSchema>;

type PlaybackStateMessage = Extract<PredecessorMessage, { kind: 'estate' }>;

/** An estate as it is sent. */
export function packPlaybackState({ kept, position }: PlaybackState): PlaybackStateMessage {
  const frames = kept.frames.map(
    ({ bytes, durationMs, sequence, title }): PlaybackStateMessage['frames'][number] => [
      Buffer.from(bytes).toString('base64'),
      durationMs,
      sequence,
      title,
    ],
  );
  return { kind: 'estate', frames, first: kept.first, ageMs: kept.ageMs, position };
}

/** The estate that was sent. */
export function unpackPlaybackState({
  frames,
  first,
  ageMs,
  position,
}: PlaybackStateMessage): PlaybackState {
  const kept = frames.map(([bytes, durationMs, sequence, title]) => ({
    ...{ bytes: Buffer.from(bytes, 'base64'), durationMs, sequence, title },
    startsStream: false,
  }));
  return { kept: { frames: kept, first, ageMs }, position: position as PlaybackState['position'] };
}
