/**
 * Tickets for private sessions (session/privacy.ts). The session's key signs that whoever shows the
 * ticket may listen until some instant, perhaps from one address only. Nobody keeps a list: every
 * cluster can check a ticket, and void ones are named in the announcement.
 *
 * It is a parameter of the stream's URL: `?ticket=ID.UNTIL.ADDRESS.SIGNATURE`; the instant in seconds
 * since 1970, the address in base64url, or empty.
 */
import { createBoundedMap } from '../lib/bounds/bounded-map.js';
import { printInstant } from '../lib/instant.js';
import type { Privacy } from '../session/privacy.js';
import type { PublicKey } from '../session/public-key.js';
import type { SessionIdentity } from '../session/session-id.js';
import { drawId } from './secrets.js';
import { type SigningKey, type Verify, verifierOf } from './signing-key.js';

export interface TicketTerms {
  /** S since 1970. */
  readonly untilS: number;
  /** The only address that may use it, in the form of `limitedAs` (http/ip-address.ts). */
  readonly address?: string | undefined;
}

/** A ticket, and the id by which it is revoked. */
export interface Ticket {
  readonly id: string;
  readonly text: string;
}

/** What a listener shows, and where it comes from. */
interface Shown {
  readonly ticket: string | undefined;
  /** In the form of `limitedAs`. */
  readonly address: string;
}

const FORM = /^([0-9a-f]{16})\.([1-9][0-9]{9,11})\.([A-Za-z0-9_-]{0,64})\.([A-Za-z0-9_-]{86})$/;
/** A ticket in a target, up to its signature. */
const IN_TARGET = /([?&]ticket=(?:[0-9a-f]{16}\b)?)[^&]*/g;

const encode = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64url');

/** What is signed: the session, and all of the ticket but the signature. */
const statementOf = (session: SessionIdentity, content: string): Buffer =>
  Buffer.from(`${session.id}\n${content}`);

/** Draws a ticket. */
export function issueTicket(
  session: SessionIdentity,
  key: SigningKey,
  { untilS, address = '' }: TicketTerms,
): Ticket {
  const id = drawId();
  const content = `${id}.${untilS}.${encode(address)}`;
  return { id, text: `${content}.${encode(key.sign('ticket', statementOf(session, content)))}` };
}

const MISSING =
  'This session is private: open the address that the station gave you, with its ticket.';
const MALFORMED = 'This ticket is malformed: open the whole address that the station gave you.';
const REVOKED = 'This ticket is not valid any more: ask the station for another one.';
const ELSEWHERE = 'This ticket is for another address: ask the station for one of your own.';

/** Why a listener may not hear a private session, a sentence; undefined: it may. `nowMs` since 1970. */
export type TicketJudge = (
  session: SessionIdentity,
  privacy: Privacy,
  shown: Shown,
  nowMs: number,
) => string | undefined;

/** Tickets whose signature is remembered to be right. Guess: the listeners of some SCXs. */
const KNOWN_MAX = 4096;
/** Sessions whose verifier is kept. Guess. */
const VERIFIERS_MAX = 64;

/** Creates a check of signatures that remembers what was right. */
function createSignatureCheck() {
  const right = createBoundedMap<string, true>(KNOWN_MAX);
  const verifiers = createBoundedMap<PublicKey, Verify>(VERIFIERS_MAX);
  const verifierFor = (key: PublicKey): Verify => {
    const known = verifiers.get(key) ?? verifierOf(key);
    verifiers.set(key, known);
    return known;
  };
  return (session: SessionIdentity, content: string, signature: string): boolean => {
    const signed = `${session.id}\n${content}.${signature}`;
    if (right.get(signed) === true) return true;
    const bytes = Buffer.from(signature, 'base64url');
    if (!verifierFor(session.key)('ticket', statementOf(session, content), bytes)) return false;
    right.set(signed, true);
    return true;
  };
}

/** Creates the judgement on tickets. */
export function createTicketJudge(): TicketJudge {
  const isSigned = createSignatureCheck();
  return (session, { revoked }, { ticket, address }, nowMs) => {
    if (ticket === undefined) return MISSING;
    const [, id = '', until = '', place = '', signature = ''] = FORM.exec(ticket) ?? [];
    if (signature === '') return MALFORMED;
    if (!isSigned(session, `${id}.${until}.${place}`, signature)) return MALFORMED;
    if (revoked.includes(id)) return REVOKED;
    const untilMs = Number(until) * 1000;
    if (nowMs >= untilMs)
      return `This ticket ended at ${printInstant(untilMs)}: ask for another one.`;
    return place === '' || place === encode(address) ? undefined : ELSEWHERE;
  };
}

/** The ticket in the target of a request. */
export const ticketIn = (target: string): string | undefined =>
  /[?&]ticket=([^&#]*)/.exec(target)?.[1];

/** The id of a ticket that was accepted before. */
export const ticketIdIn = (target: string): string | undefined =>
  /[?&]ticket=([0-9a-f]{16})\b/.exec(target)?.[1];

/** A target for logs: of a ticket only its id. */
export const withoutTicket = (target: string): string => target.replace(IN_TARGET, '$1...');
