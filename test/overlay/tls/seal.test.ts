import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createSeal } from '../../../src/overlay/tls/seal.js';
import type { DatagramToken } from '../../../src/wire/datagram.js';

const TOKEN = '00ff00ff00ff00ff' as DatagramToken;
const CONTENT = Uint8Array.of(2, 3, 4);

/** What both ends of a TLS connection would export. */
const connection = (name: string) => (label: string, bytes: number) =>
  createHash('sha256').update(name).update(label).digest().subarray(0, bytes);

const seal = (end: 'parent' | 'child', name = 'one') => createSeal(connection(name), end, TOKEN);

describe('A sealed datagram', () => {
  test('is opened by the other end only, and not by its sender', () => {
    const [parent, child] = [seal('parent'), seal('child')];
    const datagram = parent.seal(CONTENT);
    expect(datagram).toHaveLength(14 + CONTENT.length + 16);
    expect(parent.open(datagram)).toBeUndefined();
    expect(seal('child', 'another').open(datagram)).toBeUndefined();
    expect(child.open(datagram)).toEqual(Buffer.from(CONTENT));
  });

  test('is refused with any bit changed, and that spoils nothing for the true one', () => {
    const [parent, child] = [seal('parent'), seal('child')];
    const datagram = parent.seal(CONTENT);
    for (let bit = 0; bit < 8 * datagram.length; bit++) {
      const changed = Uint8Array.from(datagram);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(child.open(changed)).toBeUndefined();
    }
    for (let length = 0; length < datagram.length; length++) {
      expect(child.open(datagram.subarray(0, length))).toBeUndefined();
    }
    expect(child.open(datagram)).toEqual(Buffer.from(CONTENT));
  });

  test('is opened once, in any order within a window', () => {
    const [parent, child] = [seal('parent'), seal('child')];
    const all = Array.from({ length: 1100 }, () => parent.seal(CONTENT));
    const [first, late, ...rest] = all as [Uint8Array, Uint8Array, ...Uint8Array[]];
    expect(child.open(first)).toBeDefined();
    expect(child.open(first)).toBeUndefined();
    for (const datagram of rest.slice(0, 1000).reverse())
      expect(child.open(datagram)).toBeDefined();
    for (const datagram of rest.slice(0, 1000)) expect(child.open(datagram)).toBeUndefined();
    expect(child.open(late)).toBeDefined();
    expect(child.open(late)).toBeUndefined();
    expect(child.open(all[1099] as Uint8Array)).toBeDefined();
    expect(child.open(first)).toBeUndefined();
    expect(child.open(late)).toBeUndefined();
  });
});
