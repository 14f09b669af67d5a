/**
 * What is signed comes from several neighbours, and again with every update: each signature is
 * verified once. What is kept for that is bounded.
 */
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';

/** Whether a text is signed: `verify` is asked, unless the same signature was right before. */
export type VerifiedOnce = (text: string, signature: Uint8Array, verify: () => boolean) => boolean;

/** Creates a memory of at most `knownMax` right signatures, by what they sign. */
export function createVerifiedOnce(knownMax: number): VerifiedOnce {
  const known = createBoundedMap<string, Uint8Array>(knownMax);
  return (text, signature, verify) => {
    const before = known.get(text);
    if (before !== undefined && Buffer.compare(before, signature) === 0) return true;
    if (!verify()) return false;
    known.set(text, signature);
    return true;
  };
}
