/**
 * The reactive part of HyParView (DSN 2007, section 4.3): "a random node from the passive view is
 * promoted". One candidate at a time is asked; who cannot be reached is forgotten, who refuses stays
 * in reserve, and the next one is asked.
 */
import type { Address, Member, NodeId } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import type { HyParViewMessage } from './messages.js';
import type { PartialView } from './view.js';

interface PromotionOptions {
  readonly context: RivalContext<HyParViewMessage>;
  readonly active: PartialView;
  readonly passive: PartialView;
  addActive(member: Member): void;
}

interface Promotion {
  /** Fills the active view, if it has room. */
  start(): void;
  onReply(from: Member, accepted: boolean): void;
  onUnreachable(address: Address): void;
}

/** Creates the rules of promotion. */
export function createPromotion(options: PromotionOptions): Promotion {
  const { context, active, passive, addActive } = options;
  let candidate: Member | undefined;
  /** Who has refused since the last start; bounded by the passive view. */
  let refused: NodeId[] = [];

  const askNext = (): void => {
    candidate = active.isFull() ? undefined : passive.pick(...refused);
    if (candidate === undefined) return;
    // "If p has no neighbours left the priority is high."
    const isUrgent = active.all().length === 0;
    context.send(candidate.address, { kind: 'neighbour', isUrgent });
  };

  return {
    start: () => {
      if (candidate !== undefined) return;
      refused = [];
      askNext();
    },
    onReply: (from, accepted) => {
      if (accepted) addActive(from);
      else refused.push(from.id);
      if (from.id === candidate?.id || accepted) askNext();
    },
    onUnreachable: (address) => {
      const dead = passive.at(address);
      if (dead !== undefined) passive.remove(dead.id);
      if (candidate?.address === address) askNext();
    },
  };
}
