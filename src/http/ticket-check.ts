/**
 * Who hears a private session (session/privacy.ts): the same question at front ends and SCXs, for
 * streams, playlists and segments, so it is asked here. A player of HLS shows its ticket with each
 * request, so a signature that was right is remembered; the rest is checked each time.
 */
import { steadyTimeMs } from '../runtime/steady-time.js';
import { createTicketJudge, ticketIn } from '../runtime/ticket.js';
import type { Privacy } from '../session/privacy.js';
import type { SessionIdentity } from '../session/session-id.js';
import { limitedAs } from './ip-address.js';

/** What is asked for, and the IP address that it comes from. */
interface TicketRequest {
  readonly target: string;
  readonly address: string;
}

/**
 * Why a request for a session may not be answered, a sentence; undefined: it may. `privacy` undefined:
 * the session is public.
 */
export type TicketCheck = (
  session: SessionIdentity,
  privacy: Privacy | undefined,
  request: TicketRequest,
) => string | undefined;

/** Creates a check that has seen no ticket. */
export function createTicketCheck(): TicketCheck {
  const objectionTo = createTicketJudge();
  return (session, privacy, { target, address }) => {
    if (privacy === undefined) return undefined;
    const shown = { ticket: ticketIn(target), address: limitedAs(address) };
    return objectionTo(session, privacy, shown, steadyTimeMs());
  };
}
