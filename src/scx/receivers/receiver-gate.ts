/**
 * Which clients may receive here (§2.5). The same rules hold as for players of the HTTP port: tickets of
 * private sessions, the number of listeners in all and of one address, and the operator's hook. A
 * refusal is a sentence that the client's user reads.
 */
import { randomInt } from 'node:crypto';
import type { Refusal } from '../../overlay/sockets/admission.js';
import type { PlacedSession } from '../../session/session-id.js';
import type { ReceiveHello } from '../../wire/hello.js';
import { type Admission, hookedListener, mountOf } from '../listeners/admission.js';
import type { ListenerHook } from '../listeners/listener-hook.js';
import type { ListenerIdentities } from '../listeners/listener-identities.js';
import type { TicketGate } from '../listeners/ticket-gate.js';

/** What the hook is told of the program. */
export const TUNE_AGENT = 'scattercast tune';

/** A listener as the hook knows it: it is told when that one ends. */
type Admitted = ReturnType<typeof hookedListener>;

export interface ReceiverGate {
  /** Why a client may not receive; undefined: it may. */
  objectionTo(
    hello: ReceiveHello,
    address: string,
  ): Refusal | undefined | Promise<Refusal | undefined>;
  /** What was agreed with the hook about a client that was let in, and for how long, ms. */
  takeAdmitted(
    hello: ReceiveHello,
  ): { readonly listener: Admitted; readonly limitMs?: number | undefined } | undefined;
  /** Whether a client that was let in may go on. */
  mayGoOn(hello: ReceiveHello): boolean;
}

export interface ReceiverGateOptions {
  readonly name: PlacedSession;
  /** The channels that can be received. */
  channels(): readonly number[];
  readonly tickets: TicketGate;
  readonly identities: Pick<ListenerIdentities, 'hasSlot'>;
  readonly hook: ListenerHook;
  /** Whether there is a slot for another listener. */
  hasRoom(): boolean;
}

/** Numbers of listeners above those of the HTTP port. */
export const FIRST_ID = 2 ** 48;

const FULL: Refusal = { reason: 'it has as many listeners as it may' };
const CROWDED: Refusal = { reason: 'your address has as many listeners here as one address may' };
const DENIED: Refusal = { reason: 'you may not listen here', isFinal: true };
const UNDECIDED: Refusal = { reason: 'it cannot be checked now whether you may listen' };

const targetOf = (name: PlacedSession, { ticket }: ReceiveHello): string =>
  `${mountOf(name)}${ticket === undefined ? '' : `?${new URLSearchParams({ ticket })}`}`;

/** Creates the gate of one SCX. */
export function createReceiverGate(options: ReceiverGateOptions): ReceiverGate {
  const { name, channels, tickets, identities, hook } = options;
  /** Held by the HELLO of a connection, and gone with it. */
  const admitted = new WeakMap<ReceiveHello, { listener: Admitted; limitMs: number | undefined }>();
  let nextId = FIRST_ID + randomInt(2 ** 47);

  const unknownIn = (hello: ReceiveHello): Refusal | undefined => {
    const known = channels();
    const unknown = hello.channels.filter((channel) => !known.includes(channel));
    if (unknown.length === 0) return undefined;
    const has = `the session has the channels ${known.join(', ')}`;
    return { reason: `${has}, and not ${unknown.join(', ')}`, isFinal: true };
  };

  const objection = (hello: ReceiveHello, address: string): Refusal | undefined => {
    const unknown = unknownIn(hello);
    if (unknown !== undefined) return unknown;
    const denied = tickets.refusal(targetOf(name, hello), address);
    if (denied !== undefined) return { reason: `${denied.body}`.trim(), isFinal: true };
    if (!options.hasRoom()) return FULL;
    return identities.hasSlot(address) ? undefined : CROWDED;
  };

  const askHook = async (hello: ReceiveHello, address: string): Promise<Refusal | undefined> => {
    const shown: Admission = { mount: targetOf(name, hello), user: '', password: '' };
    const listener = hookedListener(shown, { id: nextId++, address, agent: TUNE_AGENT });
    const verdict = await hook.ask(listener);
    if (verdict.kind === 'failed') return UNDECIDED;
    if (verdict.kind === 'denied') {
      return verdict.message === undefined ? DENIED : { reason: verdict.message, isFinal: true };
    }
    admitted.set(hello, { listener, limitMs: verdict.limitMs });
    return undefined;
  };

  return {
    objectionTo: (hello, address) => {
      const found = objection(hello, address);
      return found !== undefined || !hook.isSet ? found : askHook(hello, address);
    },
    takeAdmitted: (hello) => admitted.get(hello),
    mayGoOn: (hello) => tickets.mayGoOn(targetOf(name, hello)),
  };
}
