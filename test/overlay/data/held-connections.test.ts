/** Data connections that are held ready for parents in reserve. */
import { expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import type { Address } from '../../../src/gossamer/core/node.js';
import { createDecoder, type WireEvent } from '../../../src/wire/decoder.js';
import { encodeHello, encodeMessage } from '../../../src/wire/encoder.js';
import {
  announce,
  connectRaw,
  createAdu,
  eventually,
  listenRaw,
  neighboursOf,
  type Station,
  sequencesOf,
  startMesh,
  startStation,
  strangerHello,
  waitMs,
} from '../support.js';

const OFFER = {
  rttMs: 1,
  addGainMs: 0,
  acceptGainMs: null,
  place: UNKNOWN_COORDINATES,
  leaves: null,
};

/** An overlay port that answers each HELLO, and records what arrives on data connections. */
async function listenForData() {
  const heard: WireEvent[] = [];
  const closed: WireEvent[][] = [];
  const address: Address = await listenRaw((socket) => {
    const decoder = createDecoder();
    const ours: WireEvent[] = [];
    socket.on('end', () => closed.push(ours));
    socket.on('data', (chunk) => {
      for (const event of decoder.push(chunk)) {
        ours.push(event);
        heard.push(event);
        if (event.kind !== 'hello') continue;
        const { purpose } = event.hello;
        const channel = purpose === 'data' ? { channel: event.hello.channel } : {};
        const hello = { ...strangerHello(7, { address }), purpose, ...channel };
        socket.write(encodeHello(hello as Parameters<typeof encodeHello>[0]));
      }
    });
  });
  return { address, heard, closed };
}

const isData = (event: WireEvent | undefined): boolean =>
  event?.kind === 'hello' && event.hello.purpose === 'data';

test('a data connection to each mesh neighbour is held ready while the edge lasts', async () => {
  const station = await startStation(1);
  const { address, heard, closed } = await listenForData();
  const peer = connectRaw(station.overlay.address);
  peer.send(encodeHello(strangerHello(7, { address })));
  await waitMs(200);
  expect(heard.filter(isData)).toEqual([]);
  peer.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => neighboursOf(station).length === 1);
  await eventually(() => heard.some(isData));
  expect(heard.filter(isData)).toMatchObject([{ hello: { channel: 1 } }]);
  expect(closed).toEqual([]);
  peer.send(encodeMessage({ kind: 'edgeDrop', instead: null }));
  await eventually(() => closed.some(([first]) => isData(first)));
  expect(heard.filter(isData)).toHaveLength(1);
});

test('neighbours that are asked in turn what the parent may withhold need no new connection each time', async () => {
  const config = { ...FAST, witnessIntervalMs: 30 };
  const [studio, listener] = (await startMesh(3, { config })) as [Station, Station];
  announce(studio);
  studio.overlay.feed({ kind: 'publish', adu: createAdu(0, 50, 2) });
  await eventually(() => neighboursOf(listener).length === 2);
  const { counters } = listener.overlay;
  await eventually(() => sequencesOf(listener, 2).length === 1);
  await eventually(() => counters.dataMessagesOut > 20);
  const { connectionsOut, dataMessagesOut } = counters;
  await eventually(() => counters.dataMessagesOut > dataMessagesOut + 40);
  expect(counters.connectionsOut).toBe(connectionsOut);
});
