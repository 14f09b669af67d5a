/** A digest of a run. Two runs with the same seed must have the same one. */

export interface Trace {
  /** Adds facts in their order. */
  add(...facts: readonly (string | number)[]): void;
  /** 16 hexadecimal digits. */
  hash(): string;
}

/**
 * Creates an empty trace: two FNV-1a hashes with different offsets, 32 bits each. A number enters
 * as the 64 bits of its floating-point form, so that instants which differ in the last bit differ
 * in the digest.
 *
 * The hashes are kept as signed integers, which V8 stores in place: half of the unsigned ones would be
 * objects, and a run mixes millions.
 */
export function createTrace(): Trace {
  const number = new Float64Array(1);
  const words = new Uint16Array(number.buffer);
  let low = 0x811c9dc5 | 0;
  let high = 0x1234567;
  const mix = (code: number): void => {
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ ((code << 1) | 1), 0x01000193);
  };
  const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
  return {
    add: (...facts) => {
      for (const fact of facts) {
        if (typeof fact === 'number') {
          number[0] = fact;
          for (let index = 0; index < words.length; index++) mix(words[index] as number);
        } else {
          for (let index = 0; index < fact.length; index++) mix(fact.charCodeAt(index));
          mix(0);
        }
      }
    },
    hash: () => hex(high) + hex(low),
  };
}
