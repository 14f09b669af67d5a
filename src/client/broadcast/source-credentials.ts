/**
 * What a source shows at its SCX. The key is derived from the source password here, on the
 * broadcaster's machine: the password is never sent. The same password is another key in another
 * session, so the session must be known first.
 */
import type { Attachment } from '../../api/attach.js';
import type { NodeId, Source, SourceId } from '../../gossamer/core/node.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { drawSourceId } from '../../overlay/lots/source-id.js';
import { signSource } from '../../overlay/lots/source-statement.js';
import { type SigningKey, sourceKeyOf } from '../../runtime/signing-key.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { parseSessionId } from '../../session/session-id.js';
import type { ClientHello } from '../../wire/hello.js';
import type { Destination } from './destination.js';

/** The source at one attachment, and the key that signs for it. */
export interface SignedSource {
  readonly source: Source;
  readonly key: SigningKey;
  /** Goes into HELLO. */
  readonly proof: ClientHello['proof'];
  /** States anew that it is attached there. */
  state(): Omit<ClientHello['proof'], 'key'>;
}

/** Makes a source for one attachment after the other. Rejects with a UserError. */
export type Credentials = (attachment: Attachment, epoch: number) => Promise<SignedSource>;

const NO_PASSWORD =
  'this session requires its source password: give it with --password, or as SCATTERCAST_PASSWORD';

/** The key of a source in one session, and its id there. */
interface Keyed {
  readonly session: string;
  readonly key: SigningKey;
  readonly id: SourceId;
}

/** The key of a password in a session. */
async function keyFor({ password, sourceKey }: Destination, session: string): Promise<SigningKey> {
  if (sourceKey !== undefined) return sourceKey;
  if (password === undefined) throw new UserError(EXIT.refused, NO_PASSWORD, true);
  const identity = parseSessionId(session);
  if (identity.ok) return sourceKeyOf(password, identity.value.key);
  throw new UserError(EXIT.unreachable, 'the cluster names no session');
}

/** The priority that the announcement lets this key have, at most. */
const allowedPriority = (wanted: number, { sources }: Attachment, { publicKey }: SigningKey) =>
  Math.min(wanted, sources.find(({ key }) => key === publicKey)?.priorityMax ?? wanted);

/** A source that attaches to this SCX now. */
export function signedSource(
  source: Source,
  key: SigningKey,
  where: { readonly session: string; readonly scx: NodeId },
): SignedSource {
  const state = () => {
    const timeMs = steadyTimeMs();
    const { statement } = signSource(source, { ...where, key }, timeMs);
    return { timeMs, signature: Buffer.from(statement?.signature ?? []).toString('base64url') };
  };
  return { source, key, state, proof: { key: key.publicKey, ...state() } };
}

/** Creates the credentials of one broadcast. */
export function createCredentials(destination: Destination): Credentials {
  let known: Keyed | undefined;
  const keyedFor = async (session: string): Promise<Keyed> => {
    if (known?.session === session) return known;
    const key = await keyFor(destination, session);
    known = { session, key, id: drawSourceId(key.publicKey) };
    return known;
  };
  return async (attachment, epoch) => {
    const { session } = attachment;
    const { key, id } = await keyedFor(session);
    const source = { id, epoch, priority: allowedPriority(destination.priority, attachment, key) };
    return signedSource(source, key, { session, scx: attachment.scx.id as NodeId });
  };
}
