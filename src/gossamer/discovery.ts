/**
 * Name Dropper (§3.3): "Periodically, X_i performs a discovery round. During this round, it picks a
 * random node X_j ∈ Γ(X_i) and sends a DISCOVERY message to it. This message includes a bounded
 * random list γ(X_i) ⊆ Γ(X_i). When X_j receives the message, it merges this list into its own set
 * ... In addition, it returns a DISCOVERY_RESPONSE message that includes its own list."
 *
 * Beyond: rounds start fast and back off while nothing new is learned; the lists carry deaths, and
 * whose heartbeat the sender follows, so that gossip finds partitions (see heartbeat.ts).
 */
import { type Context, jittered, send } from './context.js';
import type { Membership } from './membership.js';
import type { Message } from './message.js';
import type { Address, Member, NodeId } from './node.js';

type DiscoveryMessage = Extract<Message, { kind: 'discovery' | 'discoveryResponse' }>;

export interface Discovery {
  start(now: number): void;
  stop(): void;
  /** A round with that address at once: a rendezvous point, or the far side of a partition. */
  contact(address: Address, now: number): void;
  /** Returns how many members were news. */
  handle(from: Member, message: DiscoveryMessage, now: number): number;
  tick(now: number): void;
  readonly deadline: number;
}

/**
 * @param generator whose heartbeat we follow
 * @param onAccused a death that somebody believes in and we do not: perhaps the node lives
 */
export function createDiscovery(
  context: Context,
  membership: Membership,
  generator: () => NodeId | null,
  onAccused: (id: NodeId, incarnation: number, now: number) => void,
): Discovery {
  const { config, rng } = context;
  let nextRound = Number.POSITIVE_INFINITY;
  let intervalMs = config.discoveryIntervalMinMs;

  const list = (kind: DiscoveryMessage['kind'], now: number): DiscoveryMessage => ({
    kind,
    members: [context.self(), ...membership.sample(now)],
    deaths: membership.deaths(now),
    generator: generator(),
  });

  const contact = (address: Address, now: number): void =>
    send(context, address, list('discovery', now));

  /** Returns how many members were news. */
  const merge = (message: DiscoveryMessage, now: number): number => {
    let news = 0;
    for (const member of message.members) if (membership.learn(member, now)) news++;
    for (const death of message.deaths) {
      const known = membership.get(death.id) ?? context.self();
      if (known.id === death.id && known.incarnation <= death.incarnation) {
        onAccused(death.id, death.incarnation, now);
      }
    }
    return news;
  };

  const quicken = (news: number, now: number): void => {
    if (nextRound === Number.POSITIVE_INFINITY || news === 0) return;
    intervalMs = config.discoveryIntervalMinMs;
    nextRound = Math.min(nextRound, now + jittered(context, intervalMs));
  };

  return {
    start: (now) => {
      nextRound = now + rng.unit() * config.discoveryIntervalMinMs;
    },
    stop: () => {
      nextRound = Number.POSITIVE_INFINITY;
    },
    contact,
    handle: (from, message, now) => {
      if (message.kind === 'discovery') {
        // Answered first, with what we knew: the sender has the rest.
        send(context, from.address, list('discoveryResponse', now));
      }
      const news = merge(message, now);
      quicken(news, now);
      return news;
    },
    tick: (now) => {
      if (nextRound > now) return;
      const chosen = rng.pick(membership.reachable(now));
      if (chosen !== undefined) contact(chosen.address, now);
      nextRound = now + jittered(context, intervalMs);
      intervalMs = Math.min(2 * intervalMs, config.discoveryIntervalMs);
    },
    get deadline() {
      return nextRound;
    },
  };
}
