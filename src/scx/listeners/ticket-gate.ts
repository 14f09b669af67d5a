/**
 * Listeners of a private session (session/privacy.ts): only those with a ticket come in, and those
 * whose ticket is revoked are ended. A session may become private, or public, while it runs.
 */
import { type Answer, textAnswer } from '../../http/server/response.js';
import { createTicketCheck } from '../../http/ticket-check.js';
import { ticketIdIn } from '../../runtime/ticket.js';
import type { Privacy } from '../../session/privacy.js';
import type { PlacedSession } from '../../session/session-id.js';

export interface TicketGate {
  readonly isPrivate: boolean;
  /** The refusal of a request with that target, from that IP address; undefined: it is let in. */
  refusal(target: string, address: string): Answer | undefined;
  /** Whether a listener that was let in with that target may go on. */
  mayGoOn(target: string): boolean;
  /** Takes what the announcement says now; undefined: the session is public. */
  set(privacy: Privacy | undefined): void;
  /** Calls back after each change. */
  onChange(callback: () => void): void;
}

/** Creates the gate of one SCX. */
export function createTicketGate(session: PlacedSession, atStart: Privacy | undefined): TicketGate {
  let privacy = atStart;
  const objectionTo = createTicketCheck();
  const callbacks: (() => void)[] = [];
  return {
    get isPrivate() {
      return privacy !== undefined;
    },
    refusal: (target, address) => {
      const objection = objectionTo(session, privacy, { target, address });
      if (objection === undefined) return undefined;
      return textAnswer(401, objection, { 'WWW-Authenticate': `Ticket realm="${session.text}"` });
    },
    mayGoOn: (target) => {
      if (privacy === undefined) return true;
      const id = ticketIdIn(target);
      return id !== undefined && !privacy.revoked.includes(id);
    },
    set: (next) => {
      privacy = next;
      for (const callback of callbacks) callback();
    },
    onChange: (callback) => void callbacks.push(callback),
  };
}
