/** The store of the history: real SQLite files in a directory of their own. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Sample, STEPS } from '../../../src/api/dashboard/history-rows.js';
import { openStore, type Store } from '../../../src/cluster/history/store.js';
import { OTHERS } from '../../../src/cluster/history/store-series.js';
import { afterTest } from '../../after-test.js';
import { mountDisk } from '../../e2e/support/small-disk.js';
import { temporaryFolder } from '../support.js';

const DAY = 86_400;
/** Midnight. */
const T0 = 20_000 * DAY;
const MB = 1024 * 1024;

function open(file: string, bytesMax = 16 * MB, seriesMax = 100): Store {
  const store = openStore({ file, bytesMax, seriesMax });
  afterTest(() => {
    try {
      store.close();
    } catch {
      // The test has closed it.
    }
  });
  return store;
}

const fileIn = (folder = temporaryFolder()): string => `${folder}/history.db`;

/** Ten seconds of a session with as many listeners throughout. */
const sample = (at: number, listeners: number, more: Partial<Sample> = {}): Sample => ({
  ...{ kind: 'session', name: 'a.example/one', at, measuredMs: 10_000 },
  ...{ listeningMs: listeners * 10_000, peak: listeners, starts: 0 },
  ...more,
});

const total = (at: number, listeners: number): Sample =>
  sample(at, listeners, { kind: 'total', name: '' });

const add = (store: Store, ...samples: readonly Sample[]): boolean =>
  store.add({ samples, events: [] });

const chart = (store: Store, from: number, to: number, step: number) =>
  store.chart({
    ...{ kind: 'session', from, to, step, seriesMax: 2 },
    resolution: step < STEPS.coarse ? STEPS.fine : STEPS.coarse,
  });

describe('The store of the history', () => {
  test('sums up what is added, finely and coarsely at once', () => {
    const store = open(fileIn());
    add(store, total(T0, 4), sample(T0, 4, { starts: 4 }));
    add(store, total(T0 + 10, 8), sample(T0 + 10, 8, { starts: 5 }));
    expect(chart(store, T0, T0 + 40, 10)).toEqual({
      ...{ from: T0, to: T0 + 40, step: 10, total: [4, 8, null, null] },
      series: [{ name: 'a.example/one', values: [4, 8, null, null] }],
    });
    expect(chart(store, T0, T0 + 300, 300).total).toEqual([6]);
    expect(store.listening({ from: T0, to: T0 + DAY })).toEqual([
      {
        ...{ session: 'a.example/one', from: T0, to: T0 + DAY },
        ...{ measuredMs: 20_000, listeningMs: 120_000, peak: 8, starts: 9 },
      },
    ]);
    expect(store.listening({ from: T0 + 300, to: T0 + DAY })).toEqual([]);
  });

  test('shows the largest series, averaged over the time in which anything was measured', () => {
    const store = open(fileIn());
    const named = (name: string, listeners: number) => sample(T0, listeners, { name });
    add(store, total(T0, 9), total(T0 + 10, 3), named('a', 1), named('b', 3), named('c', 5));
    expect(chart(store, T0, T0 + 20, 20).series).toEqual([
      { name: 'c', values: [2.5] },
      { name: 'b', values: [1.5] },
    ]);
  });

  test('keeps fine spans for a day and coarse ones for 30 days', () => {
    const store = open(fileIn());
    const ages = [31 * DAY, 30 * DAY - 300, DAY + 10, DAY - 10, 0];
    const now = T0 + 40 * DAY;
    for (const age of ages) add(store, total(now - age, 1), sample(now - age, 1));
    add(store, sample(now + 2 * DAY, 9)); // while the clock was wrong
    store.add({
      samples: [],
      events: [{ at: (now - 31 * DAY) * 1000, kind: 'scx', session: '', text: 'old' }],
    });
    store.trim(now);
    const points = (step: number): number =>
      chart(store, now - 40 * DAY, now + 10 * DAY, step).total.filter((one) => one !== null).length;
    expect([points(10), points(300)]).toEqual([2, 4]);
    expect(store.listening({ from: 0, to: now + 10 * DAY })[0]?.peak).toBe(1);
    expect(store.events(9)).toEqual([]);
  });

  test('goes on after a restart, also after one that was killed, and with what it had', () => {
    const file = fileIn();
    const store = open(file);
    add(store, sample(T0, 4));
    store.add({ samples: [], events: [{ at: 5, kind: 'scx', session: 'a', text: 'It ended.' }] });
    store.close();
    mkdirSync(`${file}.lock`); // what a killed process leaves
    const again = open(file);
    expect(again.isReplaced).toBe(false);
    add(again, sample(T0, 6));
    const [row] = again.listening({ from: T0, to: T0 + DAY });
    expect(row?.listeningMs).toBe(100_000);
    expect(again.events(9)).toEqual([{ at: 5, kind: 'scx', session: 'a', text: 'It ended.' }]);
  });

  test.each([
    ['of noise', (file: string) => writeFileSync(file, Buffer.alloc(40_000, 0xa7))],
    [
      'whose pages are damaged',
      (file: string) => {
        const bytes = readFileSync(file);
        bytes.fill(0xa7, 8192, bytes.length - 100);
        writeFileSync(file, bytes);
      },
    ],
    ['that was cut off', (file: string) => truncateSync(file, 5000)],
    [
      'of another version',
      (file: string) => {
        const bytes = readFileSync(file);
        bytes.writeUInt32BE(99, 60); // SQLite's user_version
        writeFileSync(file, bytes);
      },
    ],
  ])('begins anew beside a file %s, which is kept', (_what, damage) => {
    const file = fileIn();
    const store = open(file);
    add(store, ...Array.from({ length: 400 }, (_, index) => sample(T0 + index * 10, 1)));
    store.close();
    damage(file);
    const again = open(file);
    expect(again.isReplaced).toBe(true);
    add(again, sample(T0, 2));
    expect(again.listening({ from: T0, to: T0 + DAY })[0]?.listeningMs).toBe(20_000);
    expect(existsSync(`${file}.broken`)).toBe(true);
  });

  test('drops what is oldest when its file is as large as it may become', () => {
    const file = fileIn();
    const bytesMax = 256 * 1024;
    const store = open(file, bytesMax);
    let roomMade = 0;
    let at = T0;
    for (; roomMade < 2; at += 300) {
      const samples = Array.from({ length: 30 }, (_, index) => sample(at + index * 10, 3));
      const others = samples.map((one, index) => ({ ...one, name: `s${index}` }));
      if (add(store, ...samples, ...others)) roomMade++;
    }
    expect(statSync(file).size).toBeLessThanOrEqual(bytesMax);
    expect(store.listening({ from: at - 300, to: at })[0]).toMatchObject({ peak: 3 });
  });

  test('counts the sessions beyond its bound together', () => {
    const store = open(fileIn(), 16 * MB, 3);
    for (const name of ['a', 'b', 'c', 'd', 'e']) add(store, sample(T0, 1, { name }));
    const names = store.listening({ from: T0, to: T0 + DAY }).map(({ session }) => session);
    expect(names).toEqual([OTHERS, 'a', 'b', 'c']);
    expect(store.listening({ from: T0, to: T0 + DAY })[0]?.listeningMs).toBe(20_000);
  });

  test('takes any name as a name', () => {
    const store = open(fileIn());
    const name = `x'); drop table samples; -- \u202e" \n=1+1`;
    add(store, sample(T0, 1, { name }));
    expect(store.listening({ from: T0, to: T0 + DAY })[0]?.session).toBe(name);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'says that the disk is full, and goes on when it is not',
    () => {
      const disk = mountDisk(temporaryFolder(), '1m');
      afterTest(disk.close);
      const store = open(`${disk.path}/history.db`);
      add(store, sample(T0, 1));
      disk.fill();
      const many = Array.from({ length: 500 }, (_, index) =>
        sample(T0 + DAY, 1, { name: `n${index}` }),
      );
      expect(() => add(store, ...many)).toThrow(/full|I\/O|disk/i);
      disk.empty();
      add(store, sample(T0 + 10, 2));
      const [row, ...more] = store.listening({ from: T0, to: T0 + 2 * DAY });
      expect(row).toMatchObject({ listeningMs: 30_000, peak: 2 });
      expect(more).toEqual([]);
      store.close();
      expect(open(`${disk.path}/history.db`).isReplaced).toBe(false);
    },
  );
});
