/**
 * The messages between two SCX processes during a hand-over. Only a parent can give its sockets to
 * another process, and only to a child (Node's IPC channel), so the old process starts the new one,
 * and they use that channel, one message at a time:
 *
 *   predecessor    welcome            its address in the overlay
 *   successor      heard ... heard    what it hears of the session, repeatedly
 *   predecessor    estate             when both hear the same: the ring, from which it continues
 *                  door               the listening socket: new connections are the successor's
 *   successor      known              the front end has its lease
 *   predecessor    listener ...       each with its socket; then it closes the channel
 *   successor      title ...          titles for encoders that stayed at the predecessor
 *
 * The successor confirms each of the predecessor's messages with `took`. The two may be of different
 * versions: the kinds and fields below stay as they are, whatever they are called elsewhere. Each
 * side checks what it gets, and the successor states the version that it speaks; a message that is
 * not understood ends the successor before anything has changed.
 */
import { z } from 'zod';
import { encoderTitleSchema } from '../ingest/encoder-title.js';
import { listenerStateSchema } from '../listeners/listener-state.js';
import type { PlaybackState } from '../sound/playhead.js';

/** Raised when an older process could misunderstand a message. */
export const HAND_OVER_VERSION = 1;

const count = z.number().int().nonnegative();
const title = z.string().max(1024).nullable();
const sourceId = z.string().regex(/^[0-9a-f]{16}$/);

const runSchema = z.object({ source: sourceId, first: count, last: count });

const heardSchema = z.object({
  kind: z.literal('heard'),
  version: z.literal(HAND_OVER_VERSION),
  /** The successor has neighbours in the mesh. */
  isJoined: z.boolean(),
  /** The frames that it has heard without a hole. */
  run: runSchema.nullable(),
  title,
});

/** The part of the session that a successor has received. */
export type Heard = Readonly<z.infer<typeof heardSchema>>;

/** The messages of a successor. */
export const successorSchema = z.discriminatedUnion('kind', [
  heardSchema,
  z.object({ kind: z.literal('took') }),
  z.object({ kind: z.literal('known') }),
  encoderTitleSchema.extend({ kind: z.literal('title') }),
]);

/** A message of a successor. */
export type SuccessorMessage = z.infer<typeof successorSchema>;

/** Bytes in base64, duration in ms, sequence number, title. */
const frameSchema = z.tuple([z.string(), z.number(), count, title]);

const playbackStateSchema = z.object({
  kind: z.literal('estate'),
  frames: z.array(frameSchema),
  first: count,
  ageMs: z.number(),
  position: z.object({ source: sourceId, sequence: count }).nullable(),
  /** Earlier versions do not send it. */
  playingForMs: z.number().nonnegative().optional(),
});

/** A ListenerPosition (listener-writer.ts). */
const positionSchema = z.object({
  isOpen: z.boolean(),
  frame: count.nullable(),
  icy: z.object({ left: count, told: title }).nullable(),
});

/** The messages of a predecessor. */
export const predecessorSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('welcome'),
    overlayAddress: z.string().max(300),
    /** Whether it understands `title`; earlier versions do not. */
    takesTitles: z.boolean().optional(),
  }),
  playbackStateSchema,
  z.object({ kind: z.literal('door') }),
  z.object({ kind: z.literal('listener'), passport: listenerStateSchema, seat: positionSchema }),
]);

/** A message of a predecessor. */
export type PredecessorMessage = z.infer<typeof predecessorSchema>;

type PlaybackStateMessage = Extract<PredecessorMessage, { kind: 'estate' }>;

/** A playback state as a message. */
export function packPlaybackState(state: PlaybackState): PlaybackStateMessage {
  const { ring, position, playingForMs } = state;
  const frames = ring.frames.map(
    ({ bytes, durationMs, sequence, title }): PlaybackStateMessage['frames'][number] => [
      Buffer.from(bytes).toString('base64'),
      durationMs,
      sequence,
      title,
    ],
  );
  const { first, ageMs } = ring;
  return { kind: 'estate', frames, first, ageMs, position, playingForMs };
}

/** The playback state in a message. */
export function unpackPlaybackState(message: PlaybackStateMessage): PlaybackState {
  const { first, ageMs, position, playingForMs } = message;
  const frames = message.frames.map(([bytes, durationMs, sequence, title]) => ({
    ...{ bytes: Buffer.from(bytes, 'base64'), durationMs, sequence, title },
    startsStream: false,
  }));
  return {
    ring: { frames, first, ageMs },
    position: position as PlaybackState['position'],
    playingForMs,
  };
}
