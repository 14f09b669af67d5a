/**
 * Numbers. Most are small, so whole numbers travel in base 128, lowest digit first: one byte for
 * each 7 bits, with its top bit set where another byte follows. A number that the wire cannot
 * express is cut to its range when it is written: a sum that contains a peer's numbers must not
 * make us send malformed messages.
 */
import { assert } from '../lib/assert.js';
import { type Codec, type Cursor, fail, give, type Reader, take } from './codec.js';

const BASE = 128;

/** Digits of the largest safe integer: 53 bits. */
const DIGITS_MAX = 8;

/** The first two cases are nearly all: simulations ask for the length of each message that they count. */
function digitsOf(value: number): number {
  if (value < BASE) return 1;
  if (value < BASE * BASE) return 2;
  let digits = 1;
  for (let rest = value; rest >= BASE; rest /= BASE) digits++;
  return digits;
}

function writeDigits(to: Cursor, value: number): void {
  let rest = value;
  for (; rest >= BASE; rest = Math.floor(rest / BASE)) {
    to.view.setUint8(give(to, 1), BASE + (rest % BASE));
  }
  to.view.setUint8(give(to, 1), rest);
}

/** The number may be slightly above the largest safe integer; the caller bounds it. */
function readDigits(from: Reader): number | undefined {
  let value = 0;
  let weight = 1;
  for (let digit = 0; digit < DIGITS_MAX; digit++, weight *= BASE) {
    const at = take(from, 1);
    if (at === undefined) return undefined;
    const byte = from.view.getUint8(at);
    value += (byte % BASE) * weight;
    if (byte >= BASE) continue;
    return byte > 0 || digit === 0 ? value : fail(from, 'a number is written too long');
  }
  return fail(from, 'a number has too many digits');
}

const cut = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

/** A whole number from 0 to `most`. */
export const upTo = (most: number): Codec<number> => ({
  bytesMax: digitsOf(most),
  bytesOf: (value) => digitsOf(cut(value, most)),
  write: (to, value) => {
    const sent = cut(value, most);
    assert(Number.isInteger(sent), 'only whole numbers can be sent');
    writeDigits(to, sent);
  },
  read: (from) => {
    const value = readDigits(from);
    return value === undefined || value <= most ? value : fail(from, `more than ${most}`);
  },
});

/** A whole number from 0, up to the largest safe integer. */
export const count: Codec<number> = upTo(Number.MAX_SAFE_INTEGER);

const UNITS_PER_MS = 64;

/**
 * A span from 0, in 1/64 ms: 2 bytes up to 256 ms. The rounding is far less than the variation of a
 * measured round trip.
 */
export const ms: Codec<number> = {
  bytesMax: count.bytesMax,
  bytesOf: (value) => count.bytesOf(Math.round(value * UNITS_PER_MS)),
  write: (to, value) => count.write(to, Math.round(value * UNITS_PER_MS)),
  read: (from) => {
    const units = count.read(from);
    return units === undefined ? undefined : units / UNITS_PER_MS;
  },
};

const COORDINATE_UNITS_PER_MS = 16;

/** The largest coordinate, ms from 0: farther than any two hosts on Earth. */
const COORDINATE_MAX_MS = 100_000;

const coordinateUnits = upTo(2 * COORDINATE_MAX_MS * COORDINATE_UNITS_PER_MS);

/** Negative numbers become odd, others even, so that small ones of either sign are short. */
const fold = (value: number): number => {
  const units = Math.round(
    Math.max(-COORDINATE_MAX_MS, Math.min(value, COORDINATE_MAX_MS)) * COORDINATE_UNITS_PER_MS,
  );
  return units < 0 ? -2 * units - 1 : 2 * units;
};

const unfold = (folded: number): number =>
  (folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2) / COORDINATE_UNITS_PER_MS;

/** A coordinate in ms, of either sign, in 1/16 ms. */
export const coordinate: Codec<number> = {
  bytesMax: coordinateUnits.bytesMax,
  bytesOf: (value) => coordinateUnits.bytesOf(fold(value)),
  write: (to, value) => coordinateUnits.write(to, fold(value)),
  read: (from) => {
    const folded = coordinateUnits.read(from);
    return folded === undefined ? undefined : unfold(folded);
  },
};

/** Whether a number is finite, at least 0, and not JavaScript's -0. */
const isInstant = (value: number): boolean =>
  value >= 0 && value <= Number.MAX_VALUE && !Object.is(value, -0);

/** A time stamp, ms, exact to the last bit: its author must recognise it. */
export const instant: Codec<number> = {
  bytesMax: 8,
  isFixed: true,
  bytesOf: () => 8,
  write: (to, value) => {
    assert(isInstant(value), 'a time stamp is at least 0');
    to.view.setFloat64(give(to, 8), value);
  },
  read: (from) => {
    const at = take(from, 8);
    if (at === undefined) return undefined;
    const value = from.view.getFloat64(at);
    return isInstant(value) ? value : fail(from, 'not a time stamp');
  },
};

/** 0 to 255. */
export const byte: Codec<number> = {
  bytesMax: 1,
  isFixed: true,
  bytesOf: () => 1,
  write: (to, value) => {
    assert(value >= 0 && value <= 255, 'a byte is 0 to 255');
    to.view.setUint8(give(to, 1), value);
  },
  read: (from) => {
    const at = take(from, 1);
    return at === undefined ? undefined : from.view.getUint8(at);
  },
};

/** 0 to 1, in 255 steps. */
export const share: Codec<number> = {
  ...byte,
  write: (to, value) => byte.write(to, Math.round(255 * cut(value, 1))),
  read: (from) => {
    const steps = byte.read(from);
    return steps === undefined ? undefined : steps / 255;
  },
};

/** One of a few words, as its index: new words must be added at the end. */
export const oneOf = <Word extends string>(...words: readonly Word[]): Codec<Word> => ({
  ...byte,
  bytesOf: () => 1,
  write: (to, word) => byte.write(to, words.indexOf(word)),
  read: (from) => {
    const index = byte.read(from);
    if (index === undefined) return undefined;
    return words[index] ?? fail(from, 'unknown');
  },
});

/** A Boolean: 0 or 1. */
export const flag: Codec<boolean> = {
  ...byte,
  bytesOf: () => 1,
  write: (to, value) => byte.write(to, value ? 1 : 0),
  read: (from) => {
    const value = byte.read(from);
    if (value === undefined) return undefined;
    return value <= 1 ? value === 1 : fail(from, 'neither 0 nor 1');
  },
};
