/** A digest of a run: two runs of the same seed must give the same one. */

export interface Trace {
  add(...facts: readonly (string | number)[]): void;
  /** 16 hexadecimal digits. */
  hash(): string;
}

/** An empty trace: two lanes of FNV-1a with different offsets. Numbers go in as their 64 bits. */
export function createTrace(): Trace {
  const number = new Float64Array(1);
  const words = new Uint16Array(number.buffer);
  let low = 0x811c9dc5;
  let high = 0x1234567;
  const mix = (code: number): void => {
    low = Math.imul(low ^ code, 0x01000193) >>> 0;
    high = Math.imul(high ^ ((code << 1) | 1), 0x01000193) >>> 0;
  };
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
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
