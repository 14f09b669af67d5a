/** Entries between SCXs with real sockets. */
import { expect, test } from 'vitest';
import { eventually, startStation } from '../support.js';
import { bodiesAt, entryOf, startDirectory } from './support.js';

test('Entries reach all SCXs and newcomers, and the newest one of a slot holds', async () => {
  const stations = await startDirectory(3);
  const [first, , third] = stations;
  const entry = entryOf(1);
  first?.overlay.feed({ kind: 'publishEntries', entries: [entry, entryOf(2)] });
  await eventually(() => stations.every((one) => bodiesAt(one).length === 2));
  const newer = entryOf(1, { issuedMs: entry.issuedMs + 1, body: Uint8Array.of(7) });
  third?.overlay.feed({ kind: 'publishEntries', entries: [newer] });
  await eventually(() => stations.every((one) => bodiesAt(one).includes('07')));
  const address = first?.overlay.address ?? '';
  const newcomer = await startStation(9, [address], { hasEntries: true });
  await eventually(() => bodiesAt(newcomer).length === 2);
  newcomer.overlay.feed({ kind: 'publishEntries', entries: [entry] });
  expect(bodiesAt(newcomer)).toEqual(['0102', '07']);
});

test('In a session without entries none are kept or passed on', async () => {
  const station = await startStation(1);
  station.overlay.feed({ kind: 'publishEntries', entries: [entryOf(1)] });
  expect(bodiesAt(station)).toEqual([]);
});
