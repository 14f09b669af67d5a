/**
 * A neighbour invents source SCXs and sources, as many as fit into an update, and signs them with a
 * key that the announcement lists: that of a DJ. The sources of others are heard all the same.
 */
import { expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Route } from '../../src/gossamer/core/message.js';
import type { SourceId } from '../../src/gossamer/core/node.js';
import { sourcePrefix } from '../../src/overlay/lots/source-id.js';
import { signSource } from '../../src/overlay/lots/source-statement.js';
import { encodeHello, encodeMessage } from '../../src/wire/encoder.js';
import { afterTest } from '../after-test.js';
import {
  announce,
  connectRaw,
  eventually,
  idOf,
  neighboursOf,
  SESSION,
  SOURCE,
  STATION_KEY,
  sequencesOf,
  signedBy,
  startPublishing,
  startStation,
  strangerHello,
} from '../overlay/support.js';

const LIAR = idOf(7);
const OFFER = {
  rttMs: 1,
  addGainMs: 0,
  acceptGainMs: null,
  place: UNKNOWN_COORDINATES,
  leaves: null,
};

/** An invented source SCX with so many sources. */
function invented(number: number, count: number): Route {
  const scx = idOf(1000 + number);
  const sources = Array.from({ length: count }, (_, index) => {
    const digits = (0x10_0000 + 100 * number + index).toString(16).padStart(8, '0');
    const id = `${sourcePrefix(STATION_KEY.publicKey)}${digits}` as SourceId;
    const source = { id, priority: 255, epoch: 1 };
    return signSource(source, { session: SESSION, scx, key: STATION_KEY });
  });
  const route = { scx, stamp: 1, costMs: 0, path: [LIAR, scx], sources };
  const update = { kind: 'update', whole: true, routes: [route], lost: [], withdrawn: [] } as const;
  const signed = signedBy(1000 + number, update);
  return signed.kind === 'update' ? (signed.routes[0] ?? route) : route;
}

test.each([
  ['64 source SCXs', 64, 1],
  ['240 sources', 15, 16],
  ['64 source SCXs with 1024 sources', 64, 16],
])('%s that a neighbour invents do not displace a source', async (_what, scxs, sources) => {
  const station = await startStation(1);
  const liar = connectRaw(station.overlay.address);
  liar.send(encodeHello(strangerHello(7, { address: '127.0.0.1:7' })));
  liar.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => neighboursOf(station).includes(LIAR));
  const routes = Array.from({ length: scxs }, (_, number) => invented(number, sources));
  const lie = { kind: 'update', whole: true, routes, lost: [], withdrawn: [] } as const;
  const timer = setInterval(() => liar.send(encodeMessage(lie)), 100);
  afterTest(() => clearInterval(timer));
  const invent = Math.min(63 * sources, scxs * sources, 256);
  await eventually(() => station.overlay.view().sources.length === invent);
  const studio = await startStation(2, [station.overlay.address]);
  announce(studio);
  const stop = startPublishing(studio);
  afterTest(() => void stop());
  await eventually(() => sequencesOf(station).length > 50, 40_000);
  const heard = station.delivered.filter(({ source }) => source === SOURCE.id);
  expect(heard.length).toBe(station.delivered.length);
  expect(station.overlay.view().sources.length).toBeLessThanOrEqual(256);
});
