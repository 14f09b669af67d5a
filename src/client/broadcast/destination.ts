/** The destination of a broadcast, and the credentials that it needs there. */
import type { Attachment } from '../../api/attach.js';
import type { SigningKey } from '../../runtime/signing-key.js';

export interface Destination {
  /** `http://HOST:PORT` of one or more front ends; the first one that answers is used. */
  readonly clusters: readonly string[];
  /** The announcement's URL, or the session's name, for which each cluster knows the URL. */
  readonly announcement: string;
  /**
   * The SCX, if it is known: then no cluster is asked for one, and `clusters` only has to be one.
   */
  readonly attachment?: Attachment;
  /** 0 to 255. Listeners hear the source with the highest priority. */
  readonly priority: number;
  /** A source password of the session. */
  readonly password?: string | undefined;
  /** A source key, in place of a password. */
  readonly sourceKey?: SigningKey;
}
