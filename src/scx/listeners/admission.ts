/**
 * What a listener showed when the operator's hook was asked about it, and what the hook allowed: the
 * hook wants the same again when the listener ends, perhaps days later and in another process.
 */
import { z } from 'zod';
import { basicAuth } from '../../http/server/basic-auth.js';
import { HEAD_BYTES_MAX, type RequestHead } from '../../http/server/request-head.js';
import type { HookedListener } from '../../icecast/listener-hook.js';
import type { PlacedSession } from '../../session/session-id.js';

const text = z.string().max(HEAD_BYTES_MAX);

/** An admission as a part of ListenerState. */
export const admissionSchema = z.object({
  /** The session's mount, with the query of the listener. */
  mount: text,
  user: text,
  password: text,
  /** For how long it may go on, ms; absent: for as long as it likes. */
  limitMs: z.number().nonnegative().max(2_147_483_647).optional(),
});

/** See admissionSchema. */
export type Admission = Readonly<z.infer<typeof admissionSchema>>;

/** The mount of a session, as players and encoders write it. */
export const mountOf = ({ path }: Pick<PlacedSession, 'path'>): string => `/${path}.mp3`;

/** Each character of a head is one byte. The result keeps nothing of the head in memory. */
const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

const queryOf = (target: string): string => /\?[^#]*/.exec(target)?.[0] ?? '';

/** What a listener shows in its request. */
export function shownIn(
  { target, headers }: RequestHead,
  name: Pick<PlacedSession, 'path'>,
): Admission {
  const { user, password } = basicAuth(headers.get('authorization')) ?? { user: '', password: '' };
  return { mount: `${mountOf(name)}${textOf(queryOf(target))}`, user, password };
}

/** The connection of a listener. */
export interface AdmittedConnection {
  /** See ScxListener.id. */
  readonly id: number;
  readonly address: string;
  readonly agent?: string | undefined;
}

/** A listener as its hook knows it. */
export const hookedListener = (
  { mount, user, password }: Admission,
  { id, address, agent = '' }: AdmittedConnection,
): HookedListener => ({ client: id, mount, user, password, address, agent: textOf(agent) });
