/**
 * A set that can be told in a byte or so for each of its items (Bloom 1970): it never denies what it
 * holds, and now and then claims what it does not. Each is salted, so that the next one errs elsewhere.
 */

/** A Bloom filter. */
export interface Bloom {
  readonly salt: number;
  readonly bits: Uint8Array;
}

/** Bits looked at for each item; with eight bits for each, one item in 40 is claimed wrongly. */
const PROBES = 5;

/** The finaliser of MurmurHash3: each bit of the input moves half of the output. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The distance between the bits of an item: double hashing. It is odd, so all bits can be reached. */
const stepOf = (first: number): number => mix(first ^ 0x9e3779b9) | 1;

/**
 * Creates a filter that contains these items.
 * @param items 32-bit hashes
 * @param salt a 16-bit number
 * @param bytesMax the filter has a byte for each item, up to this limit
 */
export function createBloom(items: readonly number[], salt: number, bytesMax: number): Bloom {
  const bits = new Uint8Array(Math.min(Math.max(items.length, 1), bytesMax));
  for (const item of items) {
    let at = mix(item ^ salt);
    const step = stepOf(at);
    for (let probe = 0; probe < PROBES; probe++, at = (at + step) >>> 0) {
      const position = at % (8 * bits.length);
      bits[position >>> 3] = (bits[position >>> 3] as number) | (1 << (position & 7));
    }
  }
  return { salt, bits };
}

/** Whether the set seems to hold an item; a filter without bits holds nothing. */
export function mayHold({ bits, salt }: Bloom, item: number): boolean {
  if (bits.length === 0) return false;
  let at = mix(item ^ salt);
  const step = stepOf(at);
  for (let probe = 0; probe < PROBES; probe++, at = (at + step) >>> 0) {
    const position = at % (8 * bits.length);
    if (((bits[position >>> 3] as number) & (1 << (position & 7))) === 0) return false;
  }
  return true;
}
