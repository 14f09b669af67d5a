/**
 * The departure of this SCX's sources when a successor has taken over. Broadcasters are told to
 * attach elsewhere, and their numbering goes on (§2.5). Two kinds of sources stay for a while: our own
 * fallback, which plays until there is another source, and encoders, which know no such message and
 * would have to be cut off.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { NodeId, SourceId } from '../../gossamer/core/node.js';
import type { SourceView } from '../../gossamer/view.js';
import type { AttachedSources } from './attached-sources.js';

export interface SourceDepartureOptions {
  readonly self: NodeId;
  readonly sources: AttachedSources;
  /** The session's sources, as the overlay knows them. */
  view(): readonly SourceView[];
  fallbackSource(): SourceId | undefined;
  now(): number;
}

/** Sends sources away. */
export interface SourceDeparture {
  /** Remembers that a source is an encoder. */
  onEncoder(id: SourceId): void;
  /**
   * Resolves when broadcasters have left, or had their time, and encoders have ended by themselves,
   * or after `withinMs`.
   */
  sendAway(withinMs: number): Promise<void>;
}

/** Interval between two looks at the sources that were sent away, ms. Guess. */
const LOOK_MS = 50;
/** Time for broadcasters to attach elsewhere, ms. Guess: a little more than CLIENT_GRACE_MS. */
const AWAY_MS_MAX = 6000;

/** Creates the departure of the sources; none has been sent away yet. */
export function createSourceDeparture(options: SourceDepartureOptions): SourceDeparture {
  const { self, sources, now } = options;
  /** Bounded: those that have ended are forgotten when another comes. */
  const encoders = new Set<SourceId>();

  const mayStay = (id: SourceId): boolean => id === options.fallbackSource() || encoders.has(id);

  /** Whether all broadcasters have gone, and the fallback is not the session's only source. */
  const areAway = (): boolean => {
    const all = options.view();
    const own = all.filter(({ scx }) => scx === self).map(({ source }) => source.id);
    const others = all.length - own.filter((id) => id === options.fallbackSource()).length;
    return own.every(mayStay) && (others > 0 || own.length === 0);
  };

  const waitFor = async (isDone: () => boolean, withinMs: number): Promise<void> => {
    const until = now() + withinMs;
    while (!isDone() && now() < until) await pause(LOOK_MS);
  };

  return {
    onEncoder: (id) => {
      for (const known of encoders) if (!sources.has(known)) encoders.delete(known);
      encoders.add(id);
    },
    sendAway: async (withinMs) => {
      sources.tellLeaving((id) => !mayStay(id));
      await waitFor(areAway, AWAY_MS_MAX);
      await waitFor(() => ![...encoders].some((id) => sources.has(id)), withinMs);
    },
  };
}
