/**
 * One address opens as many connections as it can and says nothing. SCXs at other addresses still
 * connect, and those that are neighbours keep their edges. The addresses are those of the loopback
 * network.
 */
import { expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import { OVERLAY_LIMITS } from '../../src/overlay/sockets/limits.js';
import { encodeHello, encodeMessage } from '../../src/wire/encoder.js';
import {
  connectRaw,
  eventually,
  idOf,
  neighboursOf,
  type RawPeer,
  type Station,
  startMesh,
  startStation,
  strangerHello,
} from '../overlay/support.js';

const DATA = { purpose: 'data', channel: 1 };

/** The offer of a peer that has room to add the edge. */
const OFFER = {
  rttMs: 1,
  addGainMs: 0,
  acceptGainMs: null,
  place: UNKNOWN_COORDINATES,
  leaves: null,
};

/** After HELLO, from that address. */
async function greetFrom(
  localAddress: string,
  to: string,
  number: number,
  hello: object = {},
): Promise<RawPeer> {
  const peer = connectRaw(to, { number, localAddress });
  peer.send(encodeHello(strangerHello(number, hello)));
  await eventually(() => peer.heard.length > 0);
  return peer;
}

test('500 silent connections of one address leave room for others, and for neighbours', async () => {
  const limits = { ...OVERLAY_LIMITS, handshakeBurst: 1000, idleMs: 120_000 };
  const [station, other] = (await startMesh(2, { limits })) as [Station, Station];
  const { address } = station.overlay;
  const { inboundMax, pendingPerHostMax } = OVERLAY_LIMITS;
  const crowd: RawPeer[] = [];
  while (crowd.length < inboundMax) {
    const group = Array.from({ length: pendingPerHostMax }, (_, at) =>
      greetFrom('127.0.0.9', address, 100 + crowd.length + at, DATA),
    );
    crowd.push(...(await Promise.all(group)));
  }
  const newcomer = await greetFrom('127.0.0.10', address, 7);
  expect(newcomer.heard[0]).toMatchObject({ kind: 'hello' });
  expect(station.overlay.counters.connectionsDisplaced).toBeGreaterThan(0);
  expect(neighboursOf(station)).toContain(other.id);
  expect(other.events.filter(({ kind }) => kind === 'edgeDown')).toEqual([]);
});

test('a data connection of a stranger that is silent ends, and that of a neighbour does not', async () => {
  const limits = { ...OVERLAY_LIMITS, idleMs: 700, sweepMs: 20 };
  const station = await startStation(1, [], { limits });
  const { address } = station.overlay;
  const at = { address: '127.0.0.1:8' };
  const neighbour = await greetFrom('127.0.0.8', address, 8, at);
  neighbour.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => neighboursOf(station).includes(idOf(8)));
  const held = await greetFrom('127.0.0.8', address, 8, { ...at, ...DATA });
  const stranger = await greetFrom('127.0.0.9', address, 9, DATA);
  await eventually(() => stranger.isClosed);
  expect(held.isClosed).toBe(false);
  expect(stranger.heard.at(-1)).toMatchObject({ kind: 'refusal', reason: 'idle' });
});
