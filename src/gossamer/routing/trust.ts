/**
 * Remembers the neighbours that promised ADUs and did not deliver them (Beyond §3.7; see
 * distribution/parent/promises.ts). Routes are only claims: a liar that claims to be next to the
 * source would be chosen again and again. So a route over a node that has broken its promise costs
 * more for a while, and much longer each time. It stays usable where there is no other.
 *
 * An honest SCX breaks its promise when it is itself in trouble. Once costs it seconds, and all is
 * forgotten when it has delivered for some minutes.
 *
 * Where one has lied, others do: for a time an SCX is wary, and no claim displaces what is known to
 * work. It keeps the next hop that delivers (routing-table.ts), gives up no edge for a claimed gain
 * (mesh/edge-exchange.ts, mesh/evictions.ts), and looks for other edges at once when no neighbour
 * delivers (mesh/optimizer.ts). One that dies breaks its promise, too, and so do those below it: only
 * several that stay alive are a sign of lies. But one is enough for that search: while no neighbour
 * delivers, none can be seen to break its promise.
 */
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { NodeId } from '../core/node.js';

/** What a route over such a node costs more, ms: as much as no route (mesh/edge-value.ts). */
export const BROKEN_COST_MS = 10_000;

/** How long it costs more, ms: the first time, by which factor longer each time, and at most. */
const FIRST_MS = 5000;
const GROWTH = 3;
const LONGEST_MS = 600_000;

/** Forgotten when it has kept its promise for as long as this, ms. Guess. */
const MEMORY_MS = 600_000;

/** How long one is wary after the last sign of lies, ms. Guess: a few times the first avoidances. */
const WARY_MS = 60_000;

/** Neighbours that must have broken their promise within that time. Guess: one may be in trouble. */
const SUSPECTS = 2;

/** Nodes remembered; the oldest makes room. Guess: a few times the neighbours of an hour. */
const NODES_MAX = 256;

interface Record {
  /** How often it has broken its promise; on quiet channels, where others are slow, half. */
  readonly times: number;
  readonly until: number;
}

/** Whom an SCX does not take from, where others can deliver. */
export interface Avoided {
  readonly now: readonly NodeId[];
  readonly times: number;
}

export interface Trust {
  /** A node has broken its promise; returns whether it is avoided from now on. */
  onBroken(id: NodeId, weight: number, now: number): boolean;
  /** What a route over it costs more at present, ms. */
  costMs(id: NodeId): number;
  /** Whether it is avoided at present. */
  isAvoided(id: NodeId): boolean;
  /** The nodes that are avoided at present, and how often one has been since the start. */
  avoided(): Avoided;
  /** A node is dead, or has left: that is why it did not deliver. */
  onGone(id: NodeId): void;
  /** There is a sign that neighbours lie. */
  alert(now: number): void;
  /** Whether there has been such a sign, or a broken promise, of late. */
  isWary(now: number): boolean;
  /** Whether it is wary, or one neighbour has broken its promise of late and is alive. */
  isDoubtful(now: number): boolean;
  /** Ends what is over; returns whether something has changed. */
  expire(now: number): boolean;
  /** When something is over; Infinity: nobody is avoided. */
  deadline(): number;
}

/** Creates a memory that trusts everybody. */
export function createTrust(): Trust {
  const records = createBoundedMap<NodeId, Record>(NODES_MAX);
  /** Bounded by the records. */
  const avoided = new Map<NodeId, number>();
  let timesAvoided = 0;
  /** Who has broken its promise last when, and is not known to be dead; bounded like the records. */
  const suspects = createBoundedMap<NodeId, number>(NODES_MAX);
  let waryUntil = Number.NEGATIVE_INFINITY;

  const before = (id: NodeId, now: number): number => {
    const record = records.get(id);
    return record === undefined || now - record.until > MEMORY_MS ? 0 : record.times;
  };

  const suspectsSince = (instant: number): number => {
    let count = 0;
    for (const [, at] of suspects.entries()) if (at > instant) count++;
    return count;
  };

  return {
    onBroken: (id, weight, now) => {
      const times = before(id, now) + weight;
      const isAvoided = times >= 1;
      const forMs = isAvoided ? Math.min(LONGEST_MS, FIRST_MS * GROWTH ** (times - 1)) : 0;
      records.set(id, { times, until: now + forMs });
      if (isAvoided) {
        avoided.set(id, now + forMs);
        timesAvoided++;
        suspects.set(id, now);
      }
      return isAvoided;
    },
    costMs: (id) => (avoided.size > 0 && avoided.has(id) ? BROKEN_COST_MS : 0),
    isAvoided: (id) => avoided.has(id),
    avoided: () => ({ now: [...avoided.keys()], times: timesAvoided }),
    onGone: (id) => void suspects.delete(id),
    alert: (now) => {
      waryUntil = now + WARY_MS;
    },
    isWary: (now) => now < waryUntil || suspectsSince(now - WARY_MS) >= SUSPECTS,
    isDoubtful: (now) => now < waryUntil || suspectsSince(now - WARY_MS) > 0,
    expire: (now) => {
      const { size } = avoided;
      for (const [id, until] of avoided) if (until <= now) avoided.delete(id);
      return avoided.size < size;
    },
    deadline() {
      let earliest = Number.POSITIVE_INFINITY;
      for (const until of avoided.values()) earliest = Math.min(earliest, until);
      return earliest;
    },
  };
}
