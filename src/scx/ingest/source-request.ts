/**
 * The request of an encoder: what it asks for, and what is wrong with it. Encoders are particular.
 * Libshout first asks without a password, to read in the `Allow` of the 401 whether PUT is possible:
 * that is no failed login. They take any redirect for a failed login.
 */
import { MOUNT_FIELD, MOUNT_LENGTH_MAX } from '../../api/header-fields.js';
import type { ClientIdentity } from '../../http/server/client-identity.js';
import type { IncomingRequest } from '../../http/server/head-gate.js';
import type { RequestHead } from '../../http/server/request-head.js';
import type { Answer } from '../../http/server/response.js';
import { encoderRefusal } from '../../icecast/encoder-refusal.js';
import {
  DEFAULT_PRIORITY,
  isMountOf,
  mountOf,
  mountPath,
  priorityOf,
} from '../../icecast/mount.js';
import { isTitleUpdate } from '../../icecast/title-update.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import type { SessionIdentity } from '../../session/session-id.js';

/** A request of an encoder. */
export interface SourceRequest extends IncomingRequest {
  readonly client: ClientIdentity;
  /** Answers and closes. */
  reply(answer: Answer): void;
  /** Writes to the access log that a stream has ended which was answered at its beginning. */
  note(status: number): void;
}

/** The request of an encoder that has logged in. */
export interface AdmittedRequest extends SourceRequest {
  /** See encoder-mark.ts. */
  readonly mark: string;
  /** Signs for the encoder. */
  readonly key: SigningKey;
}

/** A mount of the session, or what is answered instead. */
type MountResult =
  | { readonly kind: 'mount'; readonly priority: number }
  | { readonly kind: 'refused'; readonly answer: Answer };

const MP3 = /^audio\/(x-)?(mpeg3?|mp3|mpg)\s*(;|$)/i;
const TYPE_LENGTH_MAX = 64;

/** Whether only an encoder asks like this. */
export const isForIngest = ({ method, target }: RequestHead): boolean =>
  ['SOURCE', 'PUT', 'OPTIONS'].includes(method) || (method === 'GET' && isTitleUpdate(target));

/** A request without a password and a body: only the headers of the answer are of interest. */
export const isProbe = ({ method, headers }: RequestHead): boolean =>
  method === 'SOURCE' && headers.get('content-length') === '0' && !headers.has('authorization');

/** A reason as a sentence, for an answer. */
export const asSentence = (reason: string): string =>
  `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;

const refused = (status: number, text: string): MountResult => ({
  kind: 'refused',
  answer: encoderRefusal(status, text),
});

/** The priority that an encoder asks for with its mount. */
export function parseMount({ target }: RequestHead, name: SessionIdentity): MountResult {
  if (!isMountOf(target, name)) return refused(404, `Feed this session at ${mountOf(name)}`);
  const priority = priorityOf(target) ?? DEFAULT_PRIORITY;
  if (priority === 'bad') return refused(400, 'A priority is from 0 to 255.');
  return { kind: 'mount', priority };
}

/** The path at which an encoder feeds: at the front end, or else here. */
export function fedMount({ headers, target }: RequestHead): string | undefined {
  const mount = mountPath(headers.get(MOUNT_FIELD) ?? target);
  return mount !== undefined && mount.length <= MOUNT_LENGTH_MAX ? mount : undefined;
}

/** Refuses a content type that is not MP3; undefined if it may be MP3. */
export function refusedType({ headers }: RequestHead): Answer | undefined {
  const type = headers.get('content-type');
  if (type === undefined || MP3.test(type)) return undefined;
  const shown = type.slice(0, TYPE_LENGTH_MAX);
  return encoderRefusal(415, `Only MP3 (audio/mpeg) can be broadcast here; this is ${shown}.`);
}
