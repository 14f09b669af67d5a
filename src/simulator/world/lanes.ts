/**
 * The open connections of the simulated network. Each kind of traffic has a lane: one for all
 * control connections, and one for the data connections of each channel. A connection is found by
 * the pair of its SCXs. A pair is a single integer, because the maps here are read for every
 * message of a run.
 *
 * Control connections are looked up from both ends, so their pair has the lower index first. A data
 * connection is opened by the child, so its pair has the child first.
 */
import type { SimulatedScx } from './simulated-scx.js';

/** An open connection. The SCX that opened a data connection is the child. */
export interface Link {
  readonly opener: SimulatedScx;
  readonly acceptor: SimulatedScx;
  /** Undefined: a control connection. */
  readonly channel: number | undefined;
  readonly lane: Lane;
  /** Its key in `lane.links`. */
  readonly key: number;
  isOpen: boolean;
  /** When the last message was sent over it, ms. */
  usedAt: number;
}

/** The connections of one kind. */
export interface Lane {
  readonly links: Map<number, Link>;
  /** By directed pair: when the last message arrives, ms. No later message may overtake it. */
  readonly lastArrival: Map<number, number>;
}

export interface Lanes {
  readonly control: Lane;
  /** The lane of a channel's data connections. */
  ofChannel(channel: number): Lane;
  /** A snapshot of all open connections. */
  all(): Link[];
  /** Opens a control connection, or with `channel` a data connection, from its opener. */
  open(key: number, from: SimulatedScx, to: SimulatedScx, channel?: number): Link;
  close(link: Link): void;
}

/**
 * Pairs are integers: a world must have fewer SCXs than this. Those of its first 16,384 SCXs are small
 * integers, which V8 stores in place.
 */
const SCXS_MAX = 2 ** 17;

/**
 * An idle control connection was for a probe or a round of discovery, and is closed after this
 * time, ms, as in overlay/. Mesh edges are used more often than this.
 */
const IDLE_MS = 60_000;

/** Idle connections are searched for only when this number of control connections is open. */
const LINKS_BEFORE_SWEEP = 100_000;

/** The directed pair of two SCXs. */
export const pairOf = (a: SimulatedScx, b: SimulatedScx): number => a.index * SCXS_MAX + b.index;

/** The key of a control connection, the same from both ends. */
export const controlKey = (a: SimulatedScx, b: SimulatedScx): number =>
  a.index < b.index ? pairOf(a, b) : pairOf(b, a);

/** The SCX at the other end of a connection. */
export const peerOf = (link: Link, scx: SimulatedScx): SimulatedScx =>
  link.opener === scx ? link.acceptor : link.opener;

const createLane = (): Lane => ({ links: new Map(), lastArrival: new Map() });

/** Creates lanes without connections. `now` gives the simulated time, ms. */
export function createLanes(now: () => number): Lanes {
  const control = createLane();
  /** Bounded by the channels of the session. */
  const data = new Map<number, Lane>();
  let sweepAt = LINKS_BEFORE_SWEEP;

  const ofChannel = (channel: number): Lane => {
    const existing = data.get(channel);
    if (existing !== undefined) return existing;
    const lane = createLane();
    data.set(channel, lane);
    return lane;
  };

  const close = (link: Link): void => {
    link.isOpen = false;
    link.lane.links.delete(link.key);
  };

  /**
   * Runs each time the number of links has doubled, so that sessions of thousands fit in memory.
   */
  const sweep = (): void => {
    for (const link of control.links.values()) if (now() - link.usedAt >= IDLE_MS) close(link);
    sweepAt = Math.max(LINKS_BEFORE_SWEEP, 2 * control.links.size);
  };

  return {
    control,
    ofChannel,
    all: () => [control, ...data.values()].flatMap(({ links }) => [...links.values()]),
    open: (key, from, to, channel) => {
      if (control.links.size >= sweepAt) sweep();
      const lane = channel === undefined ? control : ofChannel(channel);
      const link = { opener: from, acceptor: to, channel, lane, key, isOpen: true, usedAt: now() };
      lane.links.set(key, link);
      return link;
    },
    close,
  };
}
