/**
 * The packets that others have announced and that have not come (SRDS 2007, algorithm 2): after a
 * timeout the first announcer is asked, then the next one.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { PacketId } from '../core/recent-adus.js';

/** Who has announced a packet, after how many hops. */
interface Announcement {
  readonly from: Member;
  readonly round: number;
}

export interface Missing {
  /** Notes an announcement; the first one of a packet starts its timer. */
  announce(id: PacketId, announcement: Announcement, now: number): void;
  /** The packet has come; returns the announcement with the fewest hops. */
  arrived(id: PacketId): Announcement | undefined;
  onDown(node: NodeId): void;
}

export interface MissingOptions {
  at(instant: number, action: (now: number) => void): void;
  /** Asks an announcer for a packet. */
  graft(id: PacketId, from: Member): void;
}

/**
 * "Configured considering the diameter of the overlay and a target maximum recovery latency", ms. Guess;
 * with 500 ms long trees ask for packets that are still on their way, and are torn by it.
 */
const FIRST_TIMEOUT_MS = 2000;
/** "In the order of an average round trip time to a neighbor", ms. Guess. */
const NEXT_TIMEOUT_MS = 500;

/** Creates an empty record. Bounded by what is published within the timeouts. */
export function createMissing({ at, graft }: MissingOptions): Missing {
  const announced = new Map<PacketId, Announcement[]>();

  /** Algorithm 2, Timer(mID). */
  const onTimer = (id: PacketId, now: number): void => {
    const waiting = announced.get(id);
    const first = waiting?.shift();
    if (first === undefined) return void announced.delete(id);
    at(now + NEXT_TIMEOUT_MS, (later) => onTimer(id, later));
    graft(id, first.from);
  };

  return {
    announce: (id, announcement, now) => {
      const waiting = announced.get(id);
      if (waiting !== undefined) return void waiting.push(announcement);
      announced.set(id, [announcement]);
      at(now + FIRST_TIMEOUT_MS, (later) => onTimer(id, later));
    },
    arrived: (id) => {
      const waiting = announced.get(id) ?? [];
      announced.delete(id);
      return waiting.toSorted((a, b) => a.round - b.round)[0];
    },
    onDown: (node) => {
      for (const [id, waiting] of announced) {
        announced.set(
          id,
          waiting.filter(({ from }) => from.id !== node),
        );
      }
    },
  };
}
