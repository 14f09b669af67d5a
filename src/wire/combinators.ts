/**
 * Codecs composed of codecs: a value with fields, a bounded list, an optional value, a union. They
 * make message-codec.ts a declaration: a message lists its fields in their order on the wire, and
 * the length, the writer, the reader and the name of a malformed field follow from that.
 */
import { assert } from '../lib/assert.js';
import { type Codec, type Cursor, fail, give, type Reader, take } from './codec.js';
import { byte, flag, upTo } from './number-codec.js';

/** One codec for each field, in the order on the wire. */
export type Fields<Value> = { readonly [Name in keyof Value]: Codec<Value[Name]> };

/** Fields one after the other. `read` fills a value; false: a field cannot be read. */
function inOrder<Value extends object>(fields: Fields<Value>) {
  const names = Object.keys(fields) as (keyof Value & string)[];
  const varying = names.filter((name) => fields[name].isFixed !== true);
  const sumMax = (of: typeof names): number =>
    of.reduce((sum, name) => sum + fields[name].bytesMax, 0);
  const bytesFixed = sumMax(names) - sumMax(varying);
  return {
    bytesMax: sumMax(names),
    bytesOf: (value: Value): number => {
      let bytes = bytesFixed;
      for (const name of varying) bytes += fields[name].bytesOf(value[name]);
      return bytes;
    },
    write: (to: Cursor, value: Value): void => {
      for (const name of names) fields[name].write(to, value[name]);
    },
    read: (from: Reader, value: Partial<Value>): value is Value => {
      for (const name of names) {
        const found = fields[name].read(from);
        if (found === undefined) {
          from.field.unshift(name);
          return false;
        }
        value[name] = found;
      }
      return true;
    },
  };
}

/** A value with fields. */
export function struct<Value extends object>(fields: Fields<Value>): Codec<Value> {
  const parts = inOrder(fields);
  return {
    ...parts,
    read: (from) => {
      const value: Partial<Value> = {};
      return parts.read(from, value) ? value : undefined;
    },
  };
}

/** A bounded list: its length, then its items. */
export function listOf<Item>(item: Codec<Item>, most: number): Codec<readonly Item[]> {
  const length = upTo(most);
  return {
    bytesMax: length.bytesMax + most * item.bytesMax,
    bytesOf: (items) => {
      let bytes = length.bytesOf(items.length);
      for (const each of items) bytes += item.bytesOf(each);
      return bytes;
    },
    write: (to, items) => {
      assert(items.length <= most, 'a list must not be longer than peers accept');
      length.write(to, items.length);
      for (const each of items) item.write(to, each);
    },
    read: (from) => {
      const expected = length.read(from);
      if (expected === undefined) return undefined;
      const items: Item[] = [];
      while (items.length < expected) {
        const found = item.read(from);
        if (found === undefined) {
          from.field.unshift(items.length);
          return undefined;
        }
        items.push(found);
      }
      return items;
    },
  };
}

/** Bounded bytes: their number, then the bytes. */
export function bytesUpTo(most: number): Codec<Uint8Array> {
  const length = upTo(most);
  return {
    bytesMax: length.bytesMax + most,
    bytesOf: (bytes) => length.bytesOf(bytes.length) + bytes.length,
    write: (to, bytes) => {
      assert(bytes.length <= most, 'there must not be more bytes than peers accept');
      length.write(to, bytes.length);
      const at = give(to, bytes.length);
      new Uint8Array(to.view.buffer, to.view.byteOffset + at, bytes.length).set(bytes);
    },
    read: (from) => {
      const expected = length.read(from);
      const at = expected === undefined ? undefined : take(from, expected);
      if (expected === undefined || at === undefined) return undefined;
      return new Uint8Array(from.view.buffer, from.view.byteOffset + at, expected).slice();
    },
  };
}

/** Bytes of a fixed number. */
export const bytesOf = (length: number): Codec<Uint8Array> => ({
  bytesMax: length,
  isFixed: true,
  bytesOf: () => length,
  write: (to, bytes) => {
    assert(bytes.length === length, () => `there must be ${length} bytes`);
    const at = give(to, length);
    new Uint8Array(to.view.buffer, to.view.byteOffset + at, length).set(bytes);
  },
  read: (from) => {
    const at = take(from, length);
    if (at === undefined) return undefined;
    return new Uint8Array(from.view.buffer, from.view.byteOffset + at, length).slice();
  },
});

/** Whether there is a value, then the value. */
export const nullable = <Value>(item: Codec<Value>): Codec<Value | null> => ({
  bytesMax: flag.bytesMax + item.bytesMax,
  bytesOf: (value) => 1 + (value === null ? 0 : item.bytesOf(value)),
  write: (to, value) => {
    flag.write(to, value !== null);
    if (value !== null) item.write(to, value);
  },
  read: (from) => {
    const isThere = flag.read(from);
    if (isThere === undefined) return undefined;
    return isThere ? item.read(from) : null;
  },
});

/** The fields of one kind. A member of a union has several kinds when their fields are the same. */
type OfKind<Union, Kind> = Union extends { readonly kind: infer Kinds }
  ? Kind extends Kinds
    ? Omit<Union, 'kind'>
    : never
  : never;

/** A union by `kind`: a byte with the kind's index in `kinds`, then the fields of that kind. */
export function byKind<Union extends { readonly kind: string }>(
  kinds: {
    readonly [Kind in Union['kind']]: Fields<OfKind<Union, Kind>>;
  },
): Codec<Union> {
  const names = Object.keys(kinds) as Union['kind'][];
  const indexes = new Map<string, number>(names.map((name, index) => [name, index]));
  const parts = names.map((name) => inOrder<object>(kinds[name]));
  const indexOf = ({ kind }: Union): number => indexes.get(kind) as number;
  const partsOf = (value: Union) => parts[indexOf(value)] as (typeof parts)[number];
  return {
    bytesMax: byte.bytesMax + Math.max(...parts.map((each) => each.bytesMax)),
    bytesOf: (value) => 1 + partsOf(value).bytesOf(value),
    write: (to, value) => {
      byte.write(to, indexOf(value));
      partsOf(value).write(to, value);
    },
    read: (from) => {
      const index = byte.read(from);
      if (index === undefined) return undefined;
      const found = parts[index];
      if (found === undefined) return fail(from, 'of an unknown kind');
      const value = { kind: names[index] };
      return found.read(from, value) ? (value as Union) : undefined;
    },
  };
}
