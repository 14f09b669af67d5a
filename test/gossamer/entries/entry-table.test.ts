import { describe, expect, test } from 'vitest';
import { type AuthorKey, stampOf } from '../../../src/gossamer/core/entry.js';
import {
  AUTHORS_MAX,
  bucketOf,
  createEntryTable,
  type EntryTable,
} from '../../../src/gossamer/entries/entry-table.js';
import { authorOf, entryOf, tagOfNumber } from './support.js';

const put = (table: EntryTable, ...entry: Parameters<typeof entryOf>): boolean => {
  const made = entryOf(...entry);
  return table.wants(stampOf(made)) && table.put(made);
};

const wholeOf = (table: EntryTable): string => [...table.sums(7)].join();

describe('EntryTable', () => {
  test('keeps the newest entry of a slot, whatever the order of arrival', () => {
    const table = createEntryTable();
    expect(put(table, 1, 5, { issuedMs: 2000 })).toBe(true);
    expect(put(table, 1, 5, { issuedMs: 1999 })).toBe(false);
    expect(put(table, 1, 5, { issuedMs: 2000, body: Uint8Array.of(9) })).toBe(false);
    expect(put(table, 1, 5, { issuedMs: 2001, body: new Uint8Array() })).toBe(true);
    expect(table.get({ author: tagOfNumber(1), slot: 5 })).toMatchObject({ issuedMs: 2001 });
    expect(table.size()).toBe(1);
  });

  test('drops entries that expire, and authors without any', () => {
    const table = createEntryTable();
    put(table, 1, 0, { issuedMs: 1000, lifeMs: 500 });
    put(table, 1, 1, { issuedMs: 1000, lifeMs: 501 });
    table.expire(1500);
    expect([...table.all()].map(({ slot }) => slot)).toEqual([1]);
    table.expire(1501);
    expect(table.size()).toBe(0);
    expect(wholeOf(table)).toBe(wholeOf(createEntryTable()));
  });

  test('refuses new authors when it is full; those that are there may go on', () => {
    const table = createEntryTable();
    for (let author = 0; author < AUTHORS_MAX; author++) put(table, author, 0);
    expect(put(table, AUTHORS_MAX, 0)).toBe(false);
    expect(put(table, 3, 1)).toBe(true);
    expect(put(table, 3, 0, { issuedMs: 1001 })).toBe(true);
    expect(table.size()).toBe(AUTHORS_MAX + 1);
  });

  test('refuses an author whose tag is that of another one', () => {
    const table = createEntryTable();
    put(table, 1, 0);
    const double = `${tagOfNumber(1)}${'b'.repeat(48)}` as AuthorKey;
    expect(table.put({ ...entryOf(1, 3), author: double })).toBe(false);
    expect(table.size()).toBe(1);
    expect([...table.all()]).toMatchObject([{ author: authorOf(1) }]);
  });

  test('has the same sums as another one with the same entries, in any order and by any history', () => {
    const [one, other] = [createEntryTable(), createEntryTable()];
    for (const author of [1, 2, 3]) put(one, author, 1);
    put(one, 2, 1, { issuedMs: 1500 });
    for (const author of [3, 2, 1]) put(other, author, 1, { issuedMs: author === 2 ? 1500 : 1000 });
    expect(wholeOf(one)).toBe(wholeOf(other));
  });

  test('differs from another one in the bucket of the author whose entry differs, only', () => {
    const [one, other] = [createEntryTable(), createEntryTable()];
    const authors = [1, 0xff, 0x1200].map((number) => number * 2 ** 40);
    for (const table of [one, other]) for (const author of authors) put(table, author, 0);
    put(other, 0xff * 2 ** 40, 0, { issuedMs: 1001 });
    const sums = other.sums(7);
    const differing = [...one.sums(7).entries()].filter(([at, sum]) => sums[at] !== sum);
    expect(differing.map(([at]) => at)).toEqual([bucketOf(tagOfNumber(0xff * 2 ** 40))]);
  });
});
