/** Which SCXs may take part in a private session: overlays that connect to each other on loopback. */
import { expect, test } from 'vitest';
import { vouchFor } from '../../../src/overlay/tls/membership.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { afterTest } from '../../after-test.js';
import {
  announce,
  eventually,
  idOf,
  neighboursOf,
  SESSION,
  type Station,
  sequencesOf,
  startPublishing,
  startStation,
} from '../support.js';

const listed = drawSigningKey();
const stranger = drawSigningKey();
const clusters = [listed.publicKey];

/** The rendezvous point of a private session. */
const startPrivate = (): Promise<Station> =>
  startStation(1, [], { clusters, voucher: vouchFor(listed, SESSION, idOf(1)) });

const refusedBy = ({ overlay }: Station): number => overlay.counters.connectionsRefused;

test('The SCXs of a listed cluster find each other, and hear', async () => {
  const first = await startPrivate();
  const voucher = vouchFor(listed, SESSION, idOf(2));
  const second = await startStation(2, [first.overlay.address], { clusters, voucher });
  await eventually(() => neighboursOf(second).includes(first.id));
  announce(first);
  await eventually(() => second.overlay.view().sources.length === 1);
});

test.each([
  ['shows nothing', undefined],
  ['shows the word of another cluster', vouchFor(stranger, SESSION, idOf(2))],
  ['shows the word for another SCX', vouchFor(listed, SESSION, idOf(3))],
  ['shows the word for another session', vouchFor(listed, `${SESSION}s`, idOf(2))],
  ['shows a forged word', { ...vouchFor(stranger, SESSION, idOf(2)), key: listed.publicKey }],
])('An SCX that %s is refused, and learns nothing', async (_, voucher) => {
  const first = await startPrivate();
  announce(first);
  // It lets everybody take part, itself first of all.
  const second = await startStation(2, [first.overlay.address], { voucher });
  await eventually(() => refusedBy(first) > 1);
  expect(neighboursOf(first)).toEqual([]);
  expect(second.overlay.view().sources).toEqual([]);
});

test('An SCX of the session goes to no stranger, although the stranger would take it', async () => {
  const lure = await startStation(2);
  const voucher = vouchFor(listed, SESSION, idOf(1));
  const honest = await startStation(1, [lure.overlay.address], { clusters, voucher });
  await eventually(() => honest.overlay.counters.connectFailures > 1);
  expect(neighboursOf(lure)).toEqual([]);
  expect(neighboursOf(honest)).toEqual([]);
});

test('The connections of a cluster that is taken out of the list end, and it is refused from then on', async () => {
  const both = [listed.publicKey, stranger.publicKey];
  const voucher = (number: number, by = listed) => vouchFor(by, SESSION, idOf(number));
  const first = await startStation(1, [], { clusters: both, voucher: voucher(1) });
  const join = (number: number, by = listed) =>
    startStation(number, [first.overlay.address], { clusters: both, voucher: voucher(number, by) });
  const [kept, removed] = await Promise.all([join(2), join(3, stranger)]);
  announce(first);
  const stop = startPublishing(first);
  afterTest(() => void stop());
  await eventually(() => sequencesOf(kept).length > 0 && sequencesOf(removed).length > 0);
  for (const { overlay } of [first, kept]) overlay.setClusters(clusters);
  await eventually(() => neighboursOf(removed).length === 0);
  const refused = refusedBy(first) + refusedBy(kept);
  const before = sequencesOf(kept).length;
  await eventually(() => refusedBy(first) + refusedBy(kept) > refused + 1);
  const heard = sequencesOf(removed).length;
  await eventually(() => sequencesOf(kept).length > before + 50);
  expect(sequencesOf(removed).length).toBe(heard);
  expect(neighboursOf(kept)).toContain(first.id);
});
