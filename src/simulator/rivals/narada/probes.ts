/**
 * Probes of Narada: they measure the distance to a member, tell whether it is alive, and bring its
 * routes. What they were for is done when they are answered.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import type { NaradaMessage, Route } from './messages.js';

/** Why a member is probed. */
type Reason =
  /** To join, or to repair a partition: a link is wanted in any case. */
  | 'link'
  /** To improve the mesh: a link is wanted if it is useful enough. */
  | 'improve'
  /** It is a silent neighbour. */
  | 'check';

interface ProbesOptions {
  readonly context: RivalContext<NaradaMessage>;
  onReply(from: Member, why: Reason, distanceMs: number, routes: readonly Route[]): void;
  /** No answer came. */
  onSilence(member: Member, why: Reason): void;
}

interface Probes {
  probe(member: Member, why: Reason, now: number): void;
  onProbeReply(from: Member, routes: readonly Route[], now: number): void;
}

/** How long an answer may take, and how often is asked, ms. Guess. */
const TIMEOUT_MS = 1500;
const TRIES = 2;

/** Creates the probes of one node. Bounded by the members. */
export function createProbes({ context, onReply, onSilence }: ProbesOptions): Probes {
  const pending = new Map<NodeId, { readonly why: Reason; readonly sentAt: number }>();

  const ask = (member: Member, why: Reason, triesLeft: number, now: number): void => {
    const asked = { why, sentAt: now };
    pending.set(member.id, asked);
    context.send(member.address, { kind: 'probe' });
    context.at(now + TIMEOUT_MS, (later) => {
      if (pending.get(member.id) !== asked) return;
      pending.delete(member.id);
      if (triesLeft > 1) ask(member, why, triesLeft - 1, later);
      else onSilence(member, why);
    });
  };

  return {
    probe: (member, why, now) => {
      if (!pending.has(member.id)) ask(member, why, TRIES, now);
    },
    onProbeReply: (from, routes, now) => {
      const asked = pending.get(from.id);
      if (asked === undefined) return;
      pending.delete(from.id);
      onReply(from, asked.why, (now - asked.sentAt) / 2, routes);
    },
  };
}
