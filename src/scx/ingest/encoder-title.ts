/**
 * A title that an encoder reports. Encoders report titles in requests of their own (`GET
 * /admin/metadata`), apart from the connection that carries the audio; so a title names its encoder
 * by mount (priority) or by address and program. During a hand-over the two may be connected to
 * different processes: the successor has the port, the predecessor the encoder. The title then
 * travels between them as a message, which is why its schema stands here.
 */
import { z } from 'zod';
import { HEAD_BYTES_MAX } from '../../http/server/request-head.js';
import { PRIORITY_MAX } from '../../icecast/mount.js';

const text = z.string().max(HEAD_BYTES_MAX);

export const encoderTitleSchema = z.object({
  /** The priority in the mount; null: the encoder is found by `who`. */
  priority: z.number().int().min(0).max(PRIORITY_MAX).nullable(),
  /** The client that reports it: a ClientIdentity. */
  who: z.object({ address: text, agent: text }),
  /** Plain text; null: no title any more. */
  title: z.string().max(1024).nullable(),
});

/** A title, and the encoder that it belongs to. */
export type EncoderTitle = Readonly<z.infer<typeof encoderTitleSchema>>;
