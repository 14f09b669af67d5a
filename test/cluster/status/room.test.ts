/** What a cluster says that it has room for. */
import { expect, test } from 'vitest';
import { roundedRoom } from '../../../src/api/locating/room.js';
import { drawRoom, type RoomSources } from '../../../src/cluster/status/room.js';
import { SESSION_KEY } from '../../session/signed.js';
import { idOf, NIGHT, statusOf } from '../support.js';

const DAY = idOf('scattercast://radio.example/day');

const roomOf = (over: Partial<RoomSources>) =>
  drawRoom({
    key: SESSION_KEY.publicKey,
    url: 'http://radio.example:8000',
    carriesAny: true,
    config: { scxsMax: 4, foreignMax: 3, sessionListenersMax: Number.POSITIVE_INFINITY },
    scxListenersMax: 100,
    scxCount: over.scxs?.length ?? 0,
    scxs: [],
    published: [],
    isPublic: () => true,
    ...over,
  });

const full = { listeners: 100, listenersMax: 100 };

test('An empty cluster has room for as many foreign sessions as it may carry', () => {
  expect(roomOf({})).toMatchObject({ places: 3, free: 256, sessions: [] });
});

test('A session has the room of its SCXs, and of one that may be started', () => {
  const scxs = [statusOf('1', NIGHT, { listeners: 60 })];
  expect(roomOf({ scxs, published: [NIGHT] }).sessions).toEqual([{ id: NIGHT, free: 128 }]);
  const config = { scxsMax: 1, foreignMax: 0, sessionListenersMax: Number.POSITIVE_INFINITY };
  const alone = roomOf({ scxs, published: [NIGHT], config });
  expect(alone).toMatchObject({ places: 0, free: 32, sessions: [{ id: NIGHT, free: 32 }] });
});

test('A session has no more room than its limit at this cluster leaves', () => {
  const config = { scxsMax: 4, foreignMax: 3, sessionListenersMax: 61 };
  const scxs = [statusOf('1', NIGHT, { listeners: 60 })];
  expect(roomOf({ scxs, published: [NIGHT], config }).sessions).toEqual([{ id: NIGHT, free: 1 }]);
});

test('A full cluster says so, and of an SCX that leaves no place is told', () => {
  const config = { scxsMax: 2, foreignMax: 2, sessionListenersMax: Number.POSITIVE_INFINITY };
  const scxs = [statusOf('1', NIGHT, full), statusOf('2', DAY, { state: 'leaving', listeners: 1 })];
  const answer = roomOf({ scxs, config });
  expect(answer).toMatchObject({ places: 0, free: 0 });
  expect(answer.sessions.map(({ free }) => free)).toEqual([0, 0]);
});

test('A foreign SCX without clients makes room, one that has not reported yet takes a place', () => {
  expect(roomOf({ scxs: [statusOf('1', NIGHT)] }).places).toBe(3);
  expect(roomOf({ scxs: [statusOf('1', NIGHT, { attachedSources: 1 })] }).places).toBe(2);
  expect(roomOf({ scxCount: 1 }).places).toBe(2);
  // A published session keeps its place while its SCX is being launched.
  expect(roomOf({ published: [NIGHT, DAY], scxCount: 1 }).places).toBe(2);
});

test('The version of the list changes when a session comes, and not with each listener', () => {
  const at = (listeners: number) => roomOf({ scxs: [statusOf('1', NIGHT, { listeners })] });
  expect(at(3).version).toBe(at(4).version);
  expect(at(3).version).not.toBe(roomOf({ scxs: [statusOf('1', DAY)] }).version);
});

test('Private sessions are not told of', () => {
  const scxs = [statusOf('1', NIGHT), statusOf('2', DAY)];
  expect(roomOf({ scxs, isPublic: (id) => id !== NIGHT }).sessions).toMatchObject([{ id: DAY }]);
});

test.each([
  ...([
    [-1, 0],
    [0, 0],
    [1, 1],
    [3, 3],
    [5, 4],
    [6, 6],
    [7, 6],
  ] as const),
  ...([
    [100, 96],
    [10_000, 8192],
  ] as const),
])('%d listeners are told as %d', (listeners, told) => {
  expect(roundedRoom(listeners)).toBe(told);
});
