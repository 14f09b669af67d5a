/** Attaching a client to a session at its cluster (§2.5; the contract is api/attach.ts). */
import { type Attachment, type AttachRequest, attachmentSchema } from '../../api/attach.js';
import { askFrontEnd } from './ask-front-end.js';

export interface AttachOptions extends AttachRequest {
  /** `http://HOST:PORT` of the cluster's front end. */
  readonly cluster: string;
  readonly signal?: AbortSignal;
}

/** Asks the cluster for an SCX of the session. Rejects with a UserError. */
export function attach({ cluster, signal, ...request }: AttachOptions): Promise<Attachment> {
  return askFrontEnd({
    cluster,
    method: 'POST',
    path: '/attach',
    contentType: 'application/json',
    body: JSON.stringify(request satisfies AttachRequest),
    answer: attachmentSchema,
    ...(signal === undefined ? {} : { signal }),
  });
}
