/**
 * Requests for the stream about which the operator's hook is asked first (listeners/listener-hook.ts).
 * A listener that the hook denies is asked for a name and a password (401), as Icecast does, so that
 * its player asks the person.
 */
import type { IncomingRequest } from '../../http/server/head-gate.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { type RequestRate, rateExceeded } from '../../http/server/request-rate.js';
import { type Answer, sendAnswer, textAnswer, unavailable } from '../../http/server/response.js';
import type { PlacedSession } from '../../session/session-id.js';
import { sessionPath } from '../../session/session-name.js';
import {
  type Admission,
  type AdmittedConnection,
  hookedListener,
  shownIn,
} from '../listeners/admission.js';
import type { ListenerConnections } from '../listeners/listener-connections.js';
import type { ListenerHook } from '../listeners/listener-hook.js';
import type { PromisedAdmissions } from '../listeners/promised-admissions.js';

/** Retry-After while the hook does not answer, s. Guess. */
const RETRY_S = 10;

const DENIED = 'You may not listen here with this user name and password, or without them.';

const denied = (name: PlacedSession, message = DENIED): Answer =>
  textAnswer(401, message, { 'WWW-Authenticate': `Basic realm="${sessionPath(name)}"` });

const undecided = (): Answer =>
  unavailable('It cannot be checked now whether you may listen: try again later.', RETRY_S);

/** A listener that the hook has admitted, or what the others are answered. */
export type HookOutcome =
  | { readonly kind: 'admitted'; readonly admission: Admission }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** Asks the hook about a listener of a session. */
export async function askHook(
  hook: ListenerHook,
  name: PlacedSession,
  head: RequestHead,
  connection: AdmittedConnection,
): Promise<HookOutcome> {
  const shown = shownIn(head, name);
  const verdict = await hook.ask(hookedListener(shown, connection));
  switch (verdict.kind) {
    case 'admitted':
      return { kind: 'admitted', admission: { ...shown, limitMs: verdict.limitMs } };
    case 'denied':
      return { kind: 'refused', answer: denied(name, verdict.message) };
    case 'failed':
      return { kind: 'refused', answer: undecided() };
  }
}

/** The parts of a port that serve listeners about whom the hook is asked. */
export interface HookedParts {
  readonly connections: ListenerConnections;
  readonly hookRate: RequestRate;
  readonly promised: PromisedAdmissions;
}

interface Asking extends HookedParts {
  readonly name: PlacedSession;
  now(): number;
}

const ADMITTED: Answer = { status: 204, body: '' };

/** Asks the hook about a listener that is about to come, for the front end, which is answered. */
export async function admitAhead(
  { connections, hookRate, promised, name, now }: Asking,
  hook: ListenerHook | undefined,
  { socket, head, address }: IncomingRequest & { readonly address: string },
  target: string,
): Promise<void> {
  const answer = (given: Answer): void => void sendAnswer(socket, given);
  if (hook?.isSet !== true) return answer(ADMITTED);
  if (!hookRate.take(address, now())) return answer(rateExceeded());
  const agent = head.headers.get('user-agent');
  const connection = { id: connections.drawId(), address, agent };
  const outcome = await askHook(hook, name, { ...head, target }, connection);
  if (outcome.kind === 'refused') return answer(outcome.answer);
  promised.add({ connection, admission: outcome.admission });
  answer(ADMITTED);
}
