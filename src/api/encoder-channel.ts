/**
 * The messages with which a front end gives the connections of encoders to an SCX that it has
 * launched, over the SCX's IPC channel: each `encoder` comes with its socket. The socket is open in
 * both processes until the SCX has answered, with `took` or `refused`; `gone` follows when an
 * encoder that it took has left.
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
});

/** A message of the SCX. */
export const encoderReplySchema = z.strictObject({
  kind: z.enum(['took', 'refused', 'gone']),
  id,
});

/** A connection that a front end gives away. */
export type GivenEncoder = z.infer<typeof givenEncoderSchema>;

/** What the SCX says about a connection. */
export type EncoderReply = z.infer<typeof encoderReplySchema>;
