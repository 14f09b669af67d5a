/** A cluster that answers now, as the redirector sees it. */
import { createHash } from 'node:crypto';
import type { Coordinates } from '../../gossamer/core/node.js';
import type { PublicKey } from '../../session/public-key.js';
import type { Target } from '../zone/place.js';

export interface LiveCluster {
  readonly key: PublicKey;
  readonly target: Target;
  /** As it tells in the directory; undefined: not known. */
  readonly coordinates: Coordinates | undefined;
  /** It carries sessions that are announced elsewhere. */
  readonly carries: boolean;
  /** SCXs that it may start for them. */
  readonly places: number;
  /** Listeners that can come. */
  readonly free: number;
  /** The same for each session that is there, by its id. */
  readonly sessions: ReadonlyMap<string, number>;
}

/** The label of a cluster below the zone, from its key: 64 bits, so that nobody finds another key for it. */
export const labelOf = (key: PublicKey): string =>
  `c-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
