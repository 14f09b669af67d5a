import { beforeEach, describe, expect, test } from 'vitest';
import type { Published } from '../../../src/cluster/announcements/announcement-store.js';
import {
  createOwnEntries,
  type OwnEntries,
  type OwnEntriesOptions,
} from '../../../src/cluster/directory/own-entries.js';
import type { Entry } from '../../../src/gossamer/core/entry.js';
import { unpackEntry } from '../../../src/overlay/entries/entry-body.js';
import { signEntry } from '../../../src/overlay/entries/entry-signature.js';
import { signingKeyOf } from '../../../src/runtime/signing-key.js';
import { DEFAULT_CHANNELS } from '../../../src/session/announcement.js';
import { printAnnouncement } from '../../../src/session/print-announcement.js';
import { signed } from '../../session/signed.js';

const KEY = signingKeyOf(new Uint8Array(32).fill(1));
const HOUR_MS = 3_600_000;

let now: number;
let published: Published[];
let known: Map<number, Entry>;
let onAir: boolean;
let clusterCount: number;
let own: OwnEntries;

function publishedAs(session: string, title = 'Radio'): Published {
  const announcement = signed({
    name: { text: `scattercast://a.example/${session}`, creator: 'a.example', session },
    ...{ channels: DEFAULT_CHANNELS, rendezvous: ['scx.example:9000'], title },
  });
  return { announcement, xml: printAnnouncement(announcement), owner: { webhooks: [] } } as never;
}

const optionsOf = (): OwnEntriesOptions => ({
  sign: (content) => signEntry(content, 'session', KEY),
  published: () => published,
  facts: () => ({ urls: ['http://a.example'], version: '1', scxs: 1, scxsMax: 8, listeners: 0 }),
  sessionFacts: () => ({ onAir, listeners: 0 }),
  known: () => known,
  clusterCount: () => clusterCount,
  nowMs: () => now,
});

const create = (): OwnEntries => createOwnEntries(optionsOf());

const entryAt = (slot: number): Entry | undefined => own.all().find((entry) => entry.slot === slot);
const textAt = (slot: number): string =>
  unpackEntry(entryAt(slot)?.body ?? new Uint8Array())?.text ?? '';

beforeEach(() => {
  now = Date.now();
  published = [publishedAs('one'), publishedAs('two')];
  known = new Map();
  onAir = false;
  clusterCount = 1;
  own = create();
});

describe('Own entries', () => {
  test('are facts, and what is announced here', () => {
    expect(own.update()).toBe(true);
    expect(
      own
        .all()
        .map(({ slot }) => slot)
        .sort(),
    ).toEqual([0, 1, 2]);
    expect(textAt(1)).toBe(published[0]?.xml);
    expect(own.update()).toBe(false);
  });

  test('keep their slots when another session is withdrawn, at once', () => {
    own.update();
    published = published.slice(1);
    expect(own.update()).toBe(true);
    expect(entryAt(1)?.body).toHaveLength(0);
    expect(textAt(2)).toContain('a.example/two');
    published = [...published, publishedAs('three')];
    own.update();
    expect(textAt(1)).toContain('a.example/three');
  });

  test('are newer than those that an earlier front end has signed, whatever the clock says', () => {
    own.update();
    known = new Map(own.all().map((entry) => [entry.slot, entry]));
    const before = new Map([...known].map(([slot, { issuedMs }]) => [slot, issuedMs]));
    now -= HOUR_MS;
    published = published.slice(0, 1);
    own = create();
    own.update();
    for (const { slot, issuedMs } of own.all()) expect(issuedMs).toBe((before.get(slot) ?? 0) + 1);
    expect(entryAt(2)?.body).toHaveLength(0);
  });

  test('are signed again when another front end of the cluster has replaced them', () => {
    own.update();
    const [facts, first] = [entryAt(0), entryAt(1)];
    const other = createOwnEntries({ ...optionsOf(), published: () => [] });
    for (const entry of own.all()) known.set(entry.slot, entry);
    other.update(); // it has just been started, and knows of no announcement yet
    for (const entry of other.all()) known.set(entry.slot, entry);
    expect(known.get(1)?.body).toHaveLength(0);
    now += 10_000;
    expect(own.update()).toBe(true);
    expect(textAt(1)).toContain('a.example/one');
    for (const [slot, before] of [facts, first].entries()) {
      expect(entryAt(slot)?.issuedMs).toBeGreaterThan(before?.issuedMs ?? 0);
      expect(entryAt(slot)?.issuedMs).toBeGreaterThan(known.get(slot)?.issuedMs ?? 0);
    }
  });

  test('are signed again before they expire', () => {
    own.update();
    const first = entryAt(1);
    now += 23 * HOUR_MS;
    own.update();
    expect(entryAt(1)).toBe(first);
    now += HOUR_MS;
    own.update();
    expect(entryAt(1)?.issuedMs).toBe(now);
  });

  test('tell soon who is on the air, and numbers when it is time', () => {
    own.update();
    onAir = true;
    expect(own.update()).toBe(false);
    now += 10_000;
    expect(own.update()).toBe(true);
    expect(textAt(0)).toContain('"onAir":true');
    now += 59_999;
    expect(own.update()).toBe(false);
    now += 1;
    expect(own.update()).toBe(true);
  });

  test('tell facts more rarely, and let them live longer, the more clusters there are', () => {
    clusterCount = 1000;
    own.update();
    now += 2_499_999;
    expect(own.update()).toBe(false);
    now += 1;
    expect(own.update()).toBe(true);
    expect(entryAt(0)?.lifeMs).toBe(4 * 2_500_000);
  });

  test('end with the cluster', () => {
    own.update();
    own.withdraw();
    expect(entryAt(0)?.body).toHaveLength(0);
    expect(own.update()).toBe(false);
  });
});
