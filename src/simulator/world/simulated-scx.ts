/** One SCX of a simulated world: the production machine and the state of its process. */

import type { Input } from '../../gossamer/core/effects.js';
import type { Address } from '../../gossamer/core/node.js';
import type { Gossamer } from '../../gossamer/gossamer.js';

export interface SimulatedScx {
  /** In the order of joining, from 0. */
  readonly index: number;
  readonly address: Address;
  readonly gossamer: Gossamer;
  readonly feed: (input: Input) => void;
  isUp: boolean;
  /** Its machine is gone: nothing refuses a connection to it, so attempts time out. */
  hasVanished: boolean;
  /** A stopped process: it neither receives nor acts, and its sockets stay open. */
  isFrozen: boolean;
  /** Whether it lies: what it says is altered (see `corrupt` of world.ts). */
  isLiar: boolean;
  /** Whether it passes on what others say: only some liars do not. */
  relays: boolean;
}
