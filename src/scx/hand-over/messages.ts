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
import { HOUR_MS, hourStart, LAST_MS } from '../../api/recordings/recording-files.js';
import type { SourceId } from '../../gossamer/core/node.js';
import { encoderTitleSchema } from '../ingest/encoder-title.js';
import { listenerStateSchema } from '../listeners/listener-state.js';
import type { PlayedFrame } from '../sound/chunk.js';
import type { PlaybackState } from '../sound/playhead.js';
import type { SegmentsState } from '../sound/segments.js';

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

/** The SegmentsState (sound/segments.ts). */
const segmentsSchema = z.object({
  kept: z.array(
    z.object({
      name: z.string().max(200),
      number: count,
      startsStream: z.boolean(),
      discontinuities: count,
      durationMs: z.number(),
      title,
      at: z.number().optional(),
      isMended: z.boolean().optional(),
      bytes: z.base64(),
    }),
  ),
  open: z
    .object({
      ...{ source: sourceId, startsStream: z.boolean(), frames: z.array(frameSchema) },
      ...{ at: z.number().optional(), isMended: z.boolean().optional() },
    })
    .nullable(),
});

const playbackStateSchema = z.object({
  kind: z.literal('estate'),
  frames: z.array(frameSchema),
  first: count,
  ageMs: z.number(),
  position: z.object({ source: sourceId, sequence: count }).nullable(),
  /** Earlier versions do not send it. */
  playingForMs: z.number().nonnegative().optional(),
  /** Earlier versions send neither of these. */
  segments: segmentsSchema.optional(),
  polling: z.array(z.string().max(64)).optional(),
});

const instant = z.number().int().nonnegative().max(LAST_MS);

/** Earlier versions counted the stretches of an hour, of about 2.6 s. */
const earlierPosition = z
  .object({ hour: z.string().max(20), index: count })
  .transform(({ hour, index }) => ({
    at: Math.min(LAST_MS, (hourStart(hour) ?? 0) + Math.min(index * 2600, HOUR_MS)),
  }));

/** A ListenerPosition (listener-writer.ts). */
const positionSchema = z.object({
  isOpen: z.boolean(),
  frame: count.nullable(),
  icy: z.object({ left: count, told: title }).nullable(),
  /** The TapeState (recording/tape.ts); earlier versions do not send it. */
  tape: z
    .object({
      position: z.union([z.object({ at: instant }), earlierPosition]).nullable(),
      heard: z.object({ source: sourceId, first: count, count }).nullable(),
    })
    .optional(),
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

type FrameMessage = PlaybackStateMessage['frames'][number];

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const packFrame = ({ bytes, durationMs, sequence, title }: PlayedFrame): FrameMessage => [
  base64(bytes),
  durationMs,
  sequence,
  title,
];

const unpackFrame = ([bytes, durationMs, sequence, title]: FrameMessage): PlayedFrame => ({
  ...{ bytes: Buffer.from(bytes, 'base64'), durationMs, sequence, title },
  startsStream: false,
});

const packSegments = ({ kept, open }: SegmentsState): z.infer<typeof segmentsSchema> => ({
  kept: kept.map((segment) => ({ ...segment, bytes: base64(segment.bytes) })),
  open: open && { ...open, frames: open.frames.map(packFrame) },
});

const unpackSegments = ({ kept, open }: z.infer<typeof segmentsSchema>): SegmentsState => ({
  kept: kept.map((segment) => ({ ...segment, bytes: Buffer.from(segment.bytes, 'base64') })),
  open: open && {
    ...{ ...open, source: open.source as SourceId },
    frames: open.frames.map(unpackFrame),
  },
});

/** A playback state as a message. */
export function packPlaybackState(state: PlaybackState): PlaybackStateMessage {
  const { ring, position, playingForMs, segments } = state;
  const { first, ageMs } = ring;
  return {
    ...{ kind: 'estate', frames: ring.frames.map(packFrame), first, ageMs, position, playingForMs },
    segments: segments && packSegments(segments),
    polling: state.polling && [...state.polling],
  };
}

/** The playback state in a message. */
export function unpackPlaybackState(message: PlaybackStateMessage): PlaybackState {
  const { first, ageMs, position, playingForMs, segments, polling } = message;
  return {
    ring: { frames: message.frames.map(unpackFrame), first, ageMs },
    position: position as PlaybackState['position'],
    playingForMs,
    segments: segments && unpackSegments(segments),
    polling,
  };
}
