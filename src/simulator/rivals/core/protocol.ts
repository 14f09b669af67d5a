/**
 * What a rival protocol is made of. Its rules are as pure as Gossamer's: they get inputs and instants,
 * and act through their context. `rival-machine.ts` makes a machine of them that the simulated world
 * runs like a Gossamer machine.
 */
import type { GossamerEvent } from '../../../gossamer/core/effects.js';
import type { Address, Adu, Member, NodeId } from '../../../gossamer/core/node.js';
import type { Rng } from '../../../lib/rng.js';

/** What the rules of one node act through. */
export interface RivalContext<Message> {
  readonly self: Member;
  readonly rng: Rng;
  /** A member that everybody knows; undefined for that member itself. */
  readonly contact: Address | undefined;
  /** How many overlay links a node may have, where the protocol leaves that to its user. */
  readonly degreeMax: number;
  send(to: Address, message: Message): void;
  /**
   * An ADU has arrived for the first time.
   * @param root the node where it was published
   * @param from the node that it came from; undefined at the root
   */
  deliver(adu: Adu, root: NodeId, from: NodeId | undefined): void;
  notify(event: GossamerEvent): void;
  /** Calls `action` at an instant, ms. */
  at(instant: number, action: (now: number) => void): void;
}

/** The rules of one node. */
export interface RivalRules<Message> {
  join(now: number): void;
  /** Tells others that it leaves; absent where the protocol has no word for it here. */
  leave?(now: number): void;
  publish(adu: Adu, now: number): void;
  receive(from: Member, message: Message, now: number): void;
  /** A connection with that address has closed, or none could be opened. */
  linkDown(address: Address, reason: 'closed' | 'unreachable', now: number): void;
  /** The nodes at the other ends of our overlay links. */
  neighbours(): readonly Member[];
  membersKnown(): number;
}

export interface Protocol<Message extends { readonly kind: string }> {
  create(context: RivalContext<Message>): RivalRules<Message>;
  /** The bytes of a message as the wire format of Gossamer would write it; payloads do not count. */
  bytesOf(message: Message): number;
  /** Whether a message carries an ADU; only the others are control traffic. */
  isData(message: Message): boolean;
}

/** Repeats an action each interval, the first time after a random part of one. */
export function repeat<Message>(
  context: RivalContext<Message>,
  intervalMs: number,
  from: number,
  action: (now: number) => void,
): void {
  const run = (now: number): void => {
    action(now);
    context.at(now + intervalMs, run);
  };
  context.at(from + intervalMs * context.rng.unit(), run);
}
