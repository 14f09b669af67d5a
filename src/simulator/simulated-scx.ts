/** One SCX of a simulated world: the production machine and the state of its process. */
import type { Gossamer } from '../gossamer/gossamer.js';
import type { Input } from '../gossamer/gossamer-types.js';
import type { Address } from '../gossamer/node.js';

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
