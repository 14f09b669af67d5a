/**
 * `POST /attach` (§2.5): "Once a client has discovered the nearest scattercast service platform, it
 * contacts the cluster and makes a request for an SCX. The request includes the session
 * announcement for the session that the client is interested in and an indication of whether the
 * client is a source of data or not. The cluster creates a new SCX if needed and returns the
 * location of the SCX."
 *
 * Departure: the announcement's URL stands for the announcement.
 */
import { z } from 'zod';
import { addressSchema, nodeIdSchema } from '../wire/node-schema.js';
import { sourceKeysSchema } from './source-access.js';

// As plain strings: a client does not need the branded types of the protocol.
const nodeId: z.ZodType<string> = nodeIdSchema;
const overlayAddress: z.ZodType<string> = addressSchema;

export const attachRequestSchema = z.strictObject({
  /** The announcement's URL. */
  announcement: z.string().min(1).max(2048),
  role: z.enum(['source', 'listener']),
  /** Of a listener of a private session (runtime/ticket.ts). */
  ticket: z.string().max(1024).optional(),
});

/**
 * The request of a client. A listener is given an SCX with room for one, if the session lets it listen; a
 * source the first SCX.
 */
export type AttachRequest = Readonly<z.infer<typeof attachRequestSchema>>;

export const attachmentSchema = z.object({
  /** `scattercast://creator/session#KEY` */
  session: z.string().max(400),
  /** Who may broadcast in it: a source client takes the priority that its key allows. */
  sources: sourceKeysSchema,
  scx: z.object({
    /** Its node id, 32 hexadecimal digits. */
    id: nodeId,
    /** `http://HOST:PORT/SESSION.mp3` */
    httpUrl: z.string().max(2048),
    /** `host:port` */
    overlayAddress,
  }),
  /** The local multicast group, `address:port`; null: there is none. Its key comes from the SCX itself. */
  multicast: z.string().max(300).nullish(),
  /** The client sends KEEP_ALIVE to the SCX at this interval. */
  keepAliveMs: z.number().min(50).max(600_000),
});

/** The address of the session at this cluster. */
export type Attachment = Readonly<z.infer<typeof attachmentSchema>>;
