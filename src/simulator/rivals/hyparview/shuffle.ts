/**
 * Shuffles keep the passive view fresh (DSN 2007, section 4.4): a node sends its own name, `ka`
 * members of its active and `kp` of its passive view on a random walk; its end answers with as many.
 */
import type { Member } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import type { HyParViewMessage } from './messages.js';
import type { PartialView } from './view.js';

interface ShuffleOptions {
  readonly context: RivalContext<HyParViewMessage>;
  readonly active: PartialView;
  readonly passive: PartialView;
  /** @param sent what the other side has got for it: it makes room first */
  addPassive(member: Member, sent: readonly Member[]): void;
}

interface Shuffle {
  begin(): void;
  onShuffle(from: Member, message: Extract<HyParViewMessage, { kind: 'shuffle' }>): void;
  onReply(members: readonly Member[]): void;
}

/** Those of the paper's experiments; the walk is as long as that of a newcomer. */
const FROM_ACTIVE = 3;
const FROM_PASSIVE = 4;
const WALK_HOPS = 6;

/** Creates the rules of shuffles. */
export function createShuffle({ context, active, passive, addPassive }: ShuffleOptions): Shuffle {
  const { self, rng, send } = context;
  let sent: readonly Member[] = [];
  return {
    begin: () => {
      const next = active.pick();
      if (next === undefined) return;
      const members = [
        ...rng.sample(active.all(), FROM_ACTIVE),
        ...rng.sample(passive.all(), FROM_PASSIVE),
      ];
      sent = members;
      send(next.address, { kind: 'shuffle', origin: self, members, hops: 0 });
    },
    onShuffle: (from, { origin, members, hops }) => {
      const next = hops < WALK_HOPS ? active.pick(from.id, origin.id) : undefined;
      if (next !== undefined) {
        return send(next.address, { kind: 'shuffle', origin, members, hops: hops + 1 });
      }
      if (origin.id === self.id) return;
      const answer = rng.sample(passive.all(), members.length + 1);
      send(origin.address, { kind: 'shuffleReply', members: answer });
      for (const member of [origin, ...members]) addPassive(member, answer);
    },
    onReply: (members) => {
      for (const member of members) addPassive(member, sent);
    },
  };
}
