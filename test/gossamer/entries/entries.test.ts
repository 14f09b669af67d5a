/** What reaches one SCX of a directory session from its neighbours, and what it makes of it. */
import { describe, expect, test } from 'vitest';
import { type Entry, stampOf } from '../../../src/gossamer/core/entry.js';
import type { EntryMessage } from '../../../src/gossamer/core/message.js';
import type { Member } from '../../../src/gossamer/core/node.js';
import { createEntries } from '../../../src/gossamer/entries/entries.js';
import { createBench, memberOf } from '../support.js';
import { entryOf, FORGED } from './support.js';

const [A, B] = [memberOf(1), memberOf(2)];
const T0 = 1_000_000; // the time of day at instant 0, ms

function createDirectory() {
  const bench = createBench();
  const forgers: Member[] = [];
  let now = 0;
  const rules = {
    verify: ({ signature }: Entry) => signature[0] !== 0,
    timeMs: () => T0 + now,
  };
  const entries = createEntries(bench.context, rules, {
    onForged: (from) => void forgers.push(from),
  });
  entries.start(0);
  for (const neighbour of [A, B]) entries.onEdgeUp(neighbour);
  bench.take();
  return {
    ...{ bench, entries, forgers },
    hear: (from: Member, message: EntryMessage) => entries.handle(from, message, now),
    news: (from: Member, ...news: Entry[]) =>
      entries.handle(from, { kind: 'entries', isNews: true, entries: news }, now),
    /** Lets time pass; returns the messages since the last call, by the number of their receiver. */
    pass: (ms: number) => {
      for (const end = now + ms; now < end; ) {
        now = Math.max(now, Math.min(end, entries.deadline()));
        entries.tick(now);
      }
      return bench.sent();
    },
  };
}

const fresh = (author: number, slot: number, more: Partial<Entry> = {}): Entry =>
  entryOf(author, slot, { issuedMs: T0, ...more });

const kinds = (sent: readonly { readonly message: { readonly kind: string } }[]) =>
  sent.map(({ message }) => message.kind);

describe('Entries', () => {
  test('keeps news and passes them on at once, but not to their sender', () => {
    const { bench, entries, news } = createDirectory();
    news(A, fresh(7, 0));
    const message = { kind: 'entries', isNews: true, entries: [fresh(7, 0)] };
    expect(bench.take()).toEqual([
      { kind: 'notify', event: { kind: 'entry', entry: fresh(7, 0) } },
      { kind: 'send', to: B.address, message },
    ]);
    expect(entries.size()).toBe(1);
  });

  test('tells a neighbour that sends what is known to send stamps only, and the same in return', () => {
    const { hear, news, pass } = createDirectory();
    news(A, fresh(7, 0));
    pass(1);
    news(B, fresh(7, 0));
    const eager = { kind: 'entryEager', isEager: false };
    expect(pass(1)).toEqual([{ to: B.address, message: eager }]);
    hear(B, { kind: 'entryEager', isEager: false });
    news(A, fresh(7, 1));
    const stamps = { kind: 'entryNews', stamps: [stampOf(fresh(7, 1))] };
    expect(pass(100)).toEqual([{ to: B.address, message: stamps }]);
  });

  test('asks for an entry of which only the stamp comes, and then wants it whole from there', () => {
    const { hear, pass } = createDirectory();
    hear(A, { kind: 'entryEager', isEager: true });
    hear(A, { kind: 'entryNews', stamps: [stampOf(fresh(7, 0))] });
    const wants = pass(500);
    expect(wants).toMatchObject([{ to: A.address, message: { kind: 'entryWants' } }]);
    hear(A, { kind: 'entries', isNews: false, entries: [fresh(7, 0)] });
    expect(pass(1)).toMatchObject([{ to: B.address, message: { kind: 'entries' } }]);
  });

  test('leaves a neighbour that sends a forged entry, and keeps nothing of it', () => {
    const { entries, forgers, news, pass } = createDirectory();
    news(A, fresh(7, 0, { signature: FORGED }));
    expect(forgers).toEqual([A]);
    expect(entries.size()).toBe(0);
    expect(pass(1)).toEqual([]);
  });

  test.each([
    ['that has expired', { issuedMs: T0 - 5000, lifeMs: 5000 }],
    ['of the future', { issuedMs: T0 + 600_001 }],
    ['that lives too long', { lifeMs: 48 * 3_600_000 + 1 }],
  ])('neither keeps nor passes on an entry %s', (_what, more) => {
    const { entries, news, pass } = createDirectory();
    news(A, fresh(7, 0, more));
    expect(entries.size()).toBe(0);
    expect(pass(1)).toEqual([]);
  });

  test('does not let an older entry replace a withdrawn slot', () => {
    const { entries, news } = createDirectory();
    news(A, fresh(7, 1, { issuedMs: T0 + 1, body: new Uint8Array() }));
    news(B, fresh(7, 1));
    expect([...entries.all()]).toMatchObject([{ issuedMs: T0 + 1, body: new Uint8Array() }]);
  });

  test('takes no more from one author than its slots twice, and from others as before', () => {
    const { entries, hear, news } = createDirectory();
    for (let round = 0; round < 4; round++) {
      for (let slot = 0; slot < 257; slot++) news(A, fresh(7, slot, { issuedMs: T0 + round }));
    }
    const newest = [...entries.all()].filter(({ issuedMs }) => issuedMs === T0 + 1);
    expect([entries.size(), newest.length]).toEqual([257, 257]);
    hear(B, { kind: 'entries', isNews: true, entries: [fresh(8, 0)] });
    expect(entries.size()).toBe(258);
  });

  test('asks later for what a neighbour pushes beyond its rate', () => {
    const { entries, news, pass } = createDirectory();
    for (let author = 0; author < 2100; author++) news(A, fresh(author, 0));
    expect(entries.size()).toBe(2048);
    expect(pass(500)).toContainEqual(
      expect.objectContaining({ message: expect.objectContaining({ kind: 'entryWants' }) }),
    );
  });

  test('compares with a new neighbour, and sends what it asks for', () => {
    const { bench, entries, hear, news, pass } = createDirectory();
    news(A, fresh(7, 0), fresh(7, 1));
    bench.take();
    entries.onEdgeUp(memberOf(3));
    expect(kinds(bench.sent())).toEqual(['entryDigest']);
    const newcomer = memberOf(3);
    hear(newcomer, { kind: 'entryDigest', salt: 1, sum: 0, buckets: null });
    expect(bench.sent()).toMatchObject([{ message: { buckets: expect.any(Uint8Array) } }]);
    hear(newcomer, { kind: 'entryHaves', buckets: [0], stamps: [stampOf(fresh(7, 1))] });
    const named = { kind: 'entryHaves', buckets: [], stamps: [stampOf(fresh(7, 0))] };
    expect(bench.sent()).toMatchObject([{ to: newcomer.address, message: named }]);
    hear(newcomer, { kind: 'entryWants', ids: [{ author: stampOf(fresh(7, 0)).author, slot: 0 }] });
    expect(pass(1)).toMatchObject([
      { to: newcomer.address, message: { isNews: false, entries: [fresh(7, 0)] } },
    ]);
  });

  test('compares with all neighbours when it has got what it had missed', () => {
    const { hear, pass } = createDirectory();
    const old = fresh(7, 0, { issuedMs: T0 - 100_000 });
    hear(A, { kind: 'entryHaves', buckets: [], stamps: [stampOf(old)] });
    expect(kinds(pass(1))).toEqual(['entryWants']);
    hear(A, { kind: 'entries', isNews: false, entries: [old] });
    expect(kinds(pass(1))).toEqual(['entryDigest', 'entryDigest']);
  });

  test('does no more work for comparisons than a neighbour may cause', () => {
    const { hear, pass } = createDirectory();
    for (let sum = 1; sum < 1000; sum++) {
      hear(A, { kind: 'entryDigest', salt: 1, sum, buckets: null });
    }
    expect(pass(1)).toHaveLength(16);
  });
});
