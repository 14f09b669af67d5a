/**
 * `scattercast/gossamer`: the protocol as a library, without the radio (docs/library.md). It is what
 * SCXs run, and it needs nothing of Node: no socket, clock or process. The caller is the
 * environment: it carries out effects, feeds inputs, and wakes the machine (`drive`).
 */
export type { GossamerOptions } from '../gossamer/compose-rules.js';
export {
  FAST,
  type GossamerConfig,
  PAPER,
  TIMEOUTS,
  validateConfig,
} from '../gossamer/core/config.js';
export type * from '../gossamer/core/effects.js';
export type * from '../gossamer/core/message.js';
export type * from '../gossamer/core/node.js';
export { createGossamer, type Gossamer } from '../gossamer/gossamer.js';
export type * from '../gossamer/view.js';
export { drive, type Env, type Machine } from '../lib/machine.js';
export type { Result } from '../lib/result.js';
export { createRng, type Rng } from '../lib/rng.js';
