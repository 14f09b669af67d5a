/** One SCX of a simulated world: the production machine and the state of its process. */

import type { Input } from '../../gossamer/core/effects.js';
import type { Address } from '../../gossamer/core/node.js';
import type { Gossamer } from '../../gossamer/gossamer.js';

/** One SCX of the world. */
export interface SimulatedScx {
  readonly index: number;
  readonly address: Address;
  readonly gossamer: Gossamer;
  readonly feed: (input: Input) => void;
  isUp: boolean;
  /** Its machine is gone, and nothing answers for it. */
  hasVanished: boolean;
  /** A stopped process: it neither hears nor acts, and its sockets stay open. */
  isFrozen: boolean;
}
