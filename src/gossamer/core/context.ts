/**
 * The context that all rules of Gossamer share: our own identity, the configuration, the random
 * stream, and the output for effects. A rule is given a context, the few rules that it works with,
 * and callbacks for the facts that other rules need: compose-rules.ts creates the rules, and
 * facts.ts connects them.
 */
import type { Rng } from '../../lib/rng.js';
import type { GossamerConfig } from './config.js';
import type { Effect, GossamerEvent } from './effects.js';
import type { DataMessage, Message } from './message.js';
import type { Address, Member } from './node.js';

export interface Context {
  readonly config: GossamerConfig;
  readonly rng: Rng;
  /** We ourselves, in our present incarnation. */
  self(): Member;
  emit(effect: Effect): void;
}

/** The context of a rule that has work at instants of its own. */
export interface ClockedContext extends Context {
  /** There is work at that instant, perhaps sooner than before: see alarms.ts. */
  wakeBy(instant: number): void;
}

/** Sends a control message. */
export const send = (context: Context, to: Address, message: Message): void =>
  context.emit({ kind: 'send', to, message });

/** Sends a data message over the connection of a channel. */
export const sendData = (context: Context, to: Member, channel: number, body: DataMessage): void =>
  context.emit({ kind: 'sendData', to, message: { channel, body } });

/** Tells the application. */
export const notify = (context: Context, event: GossamerEvent): void =>
  context.emit({ kind: 'notify', event });

/** An interval varied at random by a tenth either way, so that nodes do not act in step. */
export const jittered = (context: Context, intervalMs: number): number =>
  intervalMs * (0.9 + 0.2 * context.rng.unit());
