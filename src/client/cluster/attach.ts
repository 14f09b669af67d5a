/**
 * §2.5: "Once a client has discovered the nearest scattercast service platform, it contacts the
 * cluster and makes a request for an SCX. The request includes the session announcement for the
 * session that the client is interested in and an indication of whether the client is a source of
 * data or not. The cluster creates a new SCX if needed and returns the location of the SCX."
 *
 * Departure: the announcement's URL stands for the announcement.
 */
import { z } from 'zod';
import { addressSchema, nodeIdSchema } from '../../wire/node-schema.js';
import { askFrontEnd } from './ask-front-end.js';

// As plain strings: whoever attaches need not know the protocol's brands.
const id: z.ZodType<string> = nodeIdSchema;
const overlayAddress: z.ZodType<string> = addressSchema;

const attachmentSchema = z.object({
  session: z.string().max(400),
  scx: z.object({
    id,
    httpUrl: z.string().max(2048),
    overlayAddress,
  }),
  multicast: z.string().max(300).nullish(),
  keepAliveMs: z.number().min(50).max(600_000),
});

/** Where a client finds the session here. */
export type Attachment = z.infer<typeof attachmentSchema>;

/** What a client asks for. */
export interface AttachRequest {
  /** `http://HOST:PORT` of the cluster's front end. */
  readonly cluster: string;
  /** The announcement's URL. */
  readonly announcement: string;
  readonly role: 'source' | 'listener';
  readonly signal?: AbortSignal;
}

/** Asks the cluster for an SCX of the session. Rejects with a UserError. */
export function attach({ cluster, signal, ...wanted }: AttachRequest): Promise<Attachment> {
  return askFrontEnd({
    cluster,
    method: 'POST',
    path: '/attach',
    contentType: 'application/json',
    body: JSON.stringify(wanted),
    answer: attachmentSchema,
    ...(signal === undefined ? {} : { signal }),
  });
}
