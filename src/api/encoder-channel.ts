/**
 * The messages with which a front end gives the connections of encoders to a process that it has
 * launched, over that process's IPC channel: each `encoder` comes with its socket. The socket is open in
 * both processes until the other one has answered, with `took` or `refused`; `gone` follows when an
 * encoder that it took has left. The other one is the session's SCX, or where that is impossible the
 * carrier (cluster/ingest/encoder-carrier.ts), which is told where the SCX is.
 */
import { z } from 'zod';

/** The request and what was read behind it: a head, and what a socket buffers, in base64. */
const REQUEST_LENGTH_MAX = 1024 * 1024;

const id = z.number().int().nonnegative();

/** A message of the front end. */
export const givenEncoderSchema = z.strictObject({
  kind: z.literal('encoder'),
  id,
  /** The request as the SCX's port would read it, in base64. */
  request: z.string().max(REQUEST_LENGTH_MAX),
  /** False if the front end has answered already, in another protocol. */
  isAnswered: z.boolean(),
  /** For the carrier: the HTTP port of the SCX. */
  scx: z
    .strictObject({ host: z.string().max(255), port: z.number().int().min(1).max(65_535) })
    .optional(),
});

/** A message of the other process. */
export const encoderReplySchema = z.strictObject({
  kind: z.enum(['took', 'refused', 'gone']),
  id,
});

/** A connection that a front end gives away. */
export type GivenEncoder = z.infer<typeof givenEncoderSchema>;

/** What the other process says about a connection. */
export type EncoderReply = z.infer<typeof encoderReplySchema>;

/** Where the carrier finds an SCX. */
export type ScxPlace = NonNullable<GivenEncoder['scx']>;
