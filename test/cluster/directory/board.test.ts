/** What others say about themselves, true or not, and what this cluster lists of it. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { ClusterFacts } from '../../../src/api/directory/directory-answer.js';
import { type Board, createBoard } from '../../../src/cluster/directory/board.js';
import type { Entry } from '../../../src/gossamer/core/entry.js';
import { packEntry } from '../../../src/overlay/entries/entry-body.js';
import { signEntry } from '../../../src/overlay/entries/entry-signature.js';
import { drawSigningKey, signingKeyOf } from '../../../src/runtime/signing-key.js';
import {
  type Announcement,
  DEFAULT_CHANNELS,
  DIRECTORY_CHANNELS,
} from '../../../src/session/announcement.js';
import { printAnnouncement } from '../../../src/session/print-announcement.js';
import { SESSION_KEY, signed } from '../../session/signed.js';

const DIRECTORY = 'scattercast://directory.example/all#KEY';
const [ONE, OTHER] = [1, 2].map((seed) => signingKeyOf(new Uint8Array(32).fill(seed)));
const NOW = Date.now();
const DAY_MS = 86_400_000;

let now = NOW;
let board: Board;

const announced = (more: Partial<Announcement> = {}, key = SESSION_KEY): string =>
  printAnnouncement(
    signed(
      {
        name: { text: 'scattercast://a.example/b', creator: 'a.example', session: 'b' },
        ...{ channels: DEFAULT_CHANNELS, rendezvous: ['scx.example:9000'], title: 'Radio A' },
        ...more,
      },
      key,
    ),
  );

const entryOf = (
  slot: number,
  body: Uint8Array | undefined,
  more: Partial<Entry> = {},
  key = ONE,
) => {
  if (key === undefined || body === undefined) throw new Error('there is no entry');
  return signEntry({ slot, issuedMs: NOW, lifeMs: DAY_MS, body, ...more }, DIRECTORY, key);
};

const factsOf = (
  more: Partial<ClusterFacts> = {},
  entry: Partial<Entry> = {},
  key = ONE,
): Entry => {
  const facts = {
    ...{ urls: ['http://a.example:8000'], version: '1', scxs: 1, scxsMax: 8, listeners: 0 },
    sessions: [{ slot: 1, onAir: true, listeners: 3 }],
    ...more,
  };
  return entryOf(0, packEntry({ kind: 'facts', text: JSON.stringify(facts) }), entry, key);
};

const told = (xml: string, slot = 1, more: Partial<Entry> = {}, key = ONE): Entry =>
  entryOf(slot, packEntry({ kind: 'announcement', text: xml }), more, key);

const titles = (): (string | undefined)[] =>
  board.listings().map(({ announcement }) => announcement.title);

beforeEach(() => {
  now = NOW;
  board = createBoard(() => now);
});

describe('The board', () => {
  test('lists what a cluster announces, with the facts that it tells', () => {
    board.learn([factsOf(), told(announced())]);
    expect(board.clusters()).toMatchObject([{ key: ONE?.publicKey, toldMs: NOW }]);
    expect(board.listings()).toMatchObject([
      {
        announcement: { title: 'Radio A' },
        url: 'http://a.example:8000/announcements/a.example/b.xml',
      },
    ]);
  });

  test('lists nothing of a cluster that is not heard any more', () => {
    board.learn([factsOf({}, { lifeMs: 1000 }), told(announced())]);
    expect(titles()).toEqual(['Radio A']);
    now += 1001;
    expect([titles(), board.clusters()]).toEqual([[], []]);
  });

  test('forgets at once what is withdrawn, and an older entry brings nothing back', () => {
    board.learn([factsOf(), told(announced())]);
    board.learn([entryOf(1, new Uint8Array(), { issuedMs: NOW + 1 })]);
    expect(titles()).toEqual([]);
    board.learn([told(announced())]);
    expect(titles()).toEqual([]);
  });

  test('does not list an announcement that was altered, or is not signed by its session', () => {
    const altered = announced().replace('Radio A', 'Radio B');
    const unsigned = announced().replace(/<radio:SIGNATURE>.*<\/radio:SIGNATURE>/, '');
    board.learn([factsOf(), told(altered, 1), told(unsigned, 2)]);
    expect(titles()).toEqual([]);
  });

  test('tells a session from another one of the same name, under another key', () => {
    board.learn([factsOf(), told(announced())]);
    const stranger = announced({ title: 'Radio X' }, drawSigningKey());
    board.learn([factsOf({}, {}, OTHER), told(stranger, 1, {}, OTHER)]);
    const [own, other] = board.listings();
    expect(own?.session.id).not.toBe(other?.session.id);
    expect(board.find(own?.session.id ?? '')?.announcement.title).toBe('Radio A');
  });

  test('has the newest announcement of a session, whoever tells of it', () => {
    const [older, newer] = [announced({ title: 'Old' }), announced({ title: 'New' })];
    board.learn([factsOf(), told(newer), factsOf({}, {}, OTHER), told(older, 1, {}, OTHER)]);
    const id = board.listings()[0]?.session.id ?? '';
    expect(board.find(id)?.announcement.title).toBe('New');
  });

  test.each<[string, Partial<Announcement>]>([
    ['private', { privacy: { clusters: [SESSION_KEY.publicKey], revoked: [] } }],
    ['unlisted', { isListed: false }],
    ['a directory', { channels: DIRECTORY_CHANNELS }],
  ])('never lists a session that is %s, whoever tells of it', (_what, more) => {
    board.learn([factsOf(), told(announced(more))]);
    expect(board.listings()).toEqual([]);
  });

  test('passes on hostile text as text', () => {
    const title = `</script><img src=x onerror=alert(1)>${'"'.repeat(50)}`;
    board.learn([factsOf(), told(announced({ title }))]);
    expect(titles()).toEqual([title]);
  });

  test.each<[string, object]>([
    ['an address that is none', { urls: ['javascript:alert(1)'] }],
    ['an address with a path', { urls: ['http://a.example:8000/x'] }],
    ['an address with a password', { urls: ['http://a:b@a.example:8000'] }],
    ['no address', { urls: [] }],
    ['too many sessions', { sessions: Array(257).fill({ slot: 1, onAir: true, listeners: 1 }) }],
    ['numbers that are none', { scxs: -1 }],
    ['a place beyond the Earth', { place: { x: 1e9, y: 0, height: 0, error: 0 } }],
  ])('does not believe facts with %s', (_what, more) => {
    board.learn([factsOf(more as Partial<ClusterFacts>), told(announced())]);
    expect([board.clusters(), board.listings()]).toEqual([[], []]);
  });

  test('reads no body that is something else, or grows without bound', () => {
    const bomb = packEntry({ kind: 'announcement', text: ' '.repeat(3_000_000) });
    const bodies = [
      bomb,
      Uint8Array.of(),
      Uint8Array.of(0, 1, 2),
      Uint8Array.of(1),
      Uint8Array.of(9),
    ];
    board.learn([factsOf(), ...bodies.map((body, slot) => entryOf(slot + 1, body))]);
    expect(bomb?.length).toBeLessThan(3072);
    expect(board.listings()).toEqual([]);
  });
});
