/**
 * The keys of the SCXs of this cluster. An SCX's id is the hash of its key (overlay/tls/node-id.ts),
 * and the cluster must know the id before the process runs, so it draws the key. The private half
 * is passed on in the launch document, and is forgotten here with that.
 */
import type { NodeId } from '../../gossamer/core/node.js';
import { assert } from '../../lib/assert.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { nodeIdOf } from '../../overlay/tls/node-id.js';
import { drawSigningKey } from '../../runtime/signing-key.js';

export interface ScxKeys {
  /** Draws a key; returns the id of its SCX. */
  drawId(): NodeId;
  /** The private half of the key that was drawn with that id, base64url: once. */
  takeSeed(id: string): string;
}

/** Keys that have been drawn and not been taken yet: launches that are about to begin. */
const WAITING_MAX = 64;

/** Creates a set without keys. */
export function createScxKeys(): ScxKeys {
  const seeds = createBoundedMap<string, string>(WAITING_MAX);
  return {
    drawId: () => {
      const key = drawSigningKey();
      const id = nodeIdOf(key.publicKey);
      seeds.set(id, key.seed());
      return id;
    },
    takeSeed: (id) => {
      const seed = seeds.get(id);
      assert(seed !== undefined, 'the key of an SCX is taken once, soon after it was drawn');
      seeds.delete(id);
      return seed;
    },
  };
}
