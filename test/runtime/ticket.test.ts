import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawSigningKey } from '../../src/runtime/signing-key.js';
import {
  createTicketJudge,
  issueTicket,
  ticketIdIn,
  ticketIn,
  withoutTicket,
} from '../../src/runtime/ticket.js';
import type { Privacy } from '../../src/session/privacy.js';
import { identityOf } from '../../src/session/session-id.js';
import { parseSessionName } from '../../src/session/session-name.js';

const key = drawSigningKey();
const name = parseSessionName('scattercast://radio.example/board');
if (!name.ok) throw new Error('the name');
const session = identityOf(name.value, key.publicKey);
const open: Privacy = { clusters: [], revoked: [] };
const untilS = 1_800_000_000;
const objectionTo = createTicketJudge();
const now = 1_790_000_000_000;

describe('A ticket', () => {
  test('lets its holder listen until its end', () => {
    const { text } = issueTicket(session, key, { untilS });
    const shown = { ticket: text, address: '192.0.2.1' };
    expect(objectionTo(session, open, shown, now)).toBeUndefined();
    expect(objectionTo(session, open, shown, untilS * 1000)).toContain('ended at 2027');
  });

  test('is refused once it is revoked, and elsewhere if it is for one address', () => {
    const { id, text } = issueTicket(session, key, { untilS, address: '2001:db8::/64' });
    const shown = { ticket: text, address: '2001:db8::/64' };
    expect(objectionTo(session, open, shown, now)).toBeUndefined();
    const other = { ...shown, address: '192.0.2.1' };
    expect(objectionTo(session, open, other, now)).toContain('another address');
    const revoked = { ...open, revoked: [id] };
    expect(objectionTo(session, revoked, shown, now)).toContain('not valid any more');
  });

  test('of another session, of another key, altered or made up is refused', () => {
    const shown = (ticket: string | undefined) => ({ ticket, address: '192.0.2.1' });
    const { text } = issueTicket(session, key, { untilS });
    const other = identityOf(session, drawSigningKey().publicKey);
    expect(objectionTo(other, open, shown(text), now)).toContain('malformed');
    const forged = issueTicket(session, drawSigningKey(), { untilS }).text;
    expect(objectionTo(session, open, shown(forged), now)).toContain('malformed');
    const longer = text.replace(`.${untilS}.`, `.${untilS + 1}.`);
    expect(objectionTo(session, open, shown(longer), now)).toContain('malformed');
    expect(objectionTo(session, open, shown(undefined), now)).toContain('private');
    fc.assert(
      fc.property(fc.string(), (any) => objectionTo(session, open, shown(any), now) !== undefined),
    );
  });

  test('is found in a target, and hidden in logs except for its id', () => {
    const { id, text } = issueTicket(session, key, { untilS });
    const target = `/night.mp3?a=b&ticket=${text}&c=d`;
    expect(ticketIn(target)).toBe(text);
    expect(withoutTicket(target)).toBe(`/night.mp3?a=b&ticket=${id}...&c=d`);
    expect(ticketIdIn(withoutTicket(target))).toBe(id);
    expect(withoutTicket('/night.mp3?ticket=secret')).toBe('/night.mp3?ticket=...');
  });
});
