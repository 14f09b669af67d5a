/**
 * A neighbour lies about the routes to a source of others: it withdraws the source, issues a stamp
 * for it, or leaves it out of a list. Its connection ends where it needs a signature that it does
 * not have; and whatever it says, the route over an honest neighbour stays.
 */
import { expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Message, Route, Withdrawal } from '../../src/gossamer/core/message.js';
import { encodeHello, encodeMessage } from '../../src/wire/encoder.js';
import {
  announce,
  connectRaw,
  eventually,
  idOf,
  neighboursOf,
  type RawPeer,
  SOURCE,
  type Station,
  signedBy,
  sourceOf,
  startMesh,
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
const OTHER = { ...SOURCE, id: sourceOf('b') };
const TIMES = 50;

type Update = Extract<Message, { kind: 'update' }>;
const NOTHING: Update = { kind: 'update', whole: false, routes: [], lost: [], withdrawn: [] };
const update = (change: Partial<Update>): Update => ({ ...NOTHING, ...change });

/** Becomes a neighbour of a station. */
async function meet(station: Station): Promise<RawPeer> {
  const peer = connectRaw(station.overlay.address);
  peer.send(encodeHello(strangerHello(7, { address: '127.0.0.1:7' })));
  peer.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => neighboursOf(station).includes(LIAR));
  return peer;
}

/** The updates that a peer has heard. */
const updatesOf = ({ heard }: RawPeer): Update[] =>
  heard.flatMap((event) =>
    event.kind === 'message' && event.message.kind === 'update' ? [event.message] : [],
  );

const knows = ({ overlay }: Station): string[] =>
  overlay.view().sources.map(({ source }) => source.id);

/**
 * A station with two sources, an honest neighbour of it, and a liar that is a neighbour of both and
 * has heard the station withdraw both once.
 */
async function setUp() {
  const [studio, honest] = (await startMesh(2)) as [Station, Station];
  const atStudio = await meet(studio);
  announce(studio);
  await eventually(() => knows(honest).includes(SOURCE.id));
  studio.overlay.feed({ kind: 'withdrawSource', source: SOURCE.id });
  await eventually(() => updatesOf(atStudio).some(({ withdrawn }) => withdrawn.length > 0));
  await eventually(() => honest.events.some(({ kind }) => kind === 'sourceDown'));
  const [withdrawal] = updatesOf(atStudio).flatMap(({ withdrawn }) => withdrawn);
  announce(studio, { ...SOURCE, epoch: 2 });
  announce(studio, OTHER);
  const listOf = (): Route | undefined => updatesOf(atStudio).at(-1)?.routes[0];
  await eventually(() => knows(honest).length === 2 && listOf()?.sources.length === 2);
  const route = { ...(listOf() as Route), path: [LIAR, studio.id], costMs: 0 };
  honest.events.length = 0;
  return { studio, honest, route, withdrawal: withdrawal as Withdrawal };
}

type Scene = Awaited<ReturnType<typeof setUp>>;

const expectUnharmed = ({ honest }: Scene): void => {
  expect(honest.events.filter(({ kind }) => kind === 'sourceDown')).toEqual([]);
  expect(knows(honest).sort()).toEqual([SOURCE.id, OTHER.id].sort());
};

test('a neighbour that says what an SCX has not signed about its sources loses its connection', async () => {
  const scene = await setUp();
  const { studio, honest, route, withdrawal } = scene;
  const { stamp } = route;
  const next = { scx: studio.id, stamp: stamp + 1 };
  const lies: Update[] = [
    update({ withdrawn: [{ scx: studio.id, stamp }] }),
    update({ withdrawn: [{ ...withdrawal, stamp }] }),
    update({ withdrawn: [{ ...next, listing: route.sources[0]?.listing as never }] }),
    signedBy(7, update({ withdrawn: [{ scx: LIAR, stamp }] })) as Update,
    update({ routes: [{ ...route, stamp: stamp + 1 }] }),
    update({ routes: [{ ...route, sources: route.sources.map(({ listing: _, ...one }) => one) }] }),
  ].map((lie, index) => (index === 3 ? stolen(lie, studio) : lie));
  for (const [index, lie] of lies.entries()) {
    const liar = await meet(honest);
    liar.send(encodeMessage(lie));
    await eventually(() => liar.isClosed && !neighboursOf(honest).includes(LIAR));
    expect(honest.overlay.counters.malformedFrames.forged).toBe(index + 1);
  }
  expectUnharmed(scene);
});

/** A withdrawal that another key has signed. */
const stolen = (lie: Update, { id }: Station): Update =>
  update({ withdrawn: lie.withdrawn.map((one) => ({ ...one, scx: id })) });

test('a neighbour that repeats old withdrawals, loses routes and leaves sources out changes only routes over itself', async () => {
  const scene = await setUp();
  const { studio, honest, route, withdrawal } = scene;
  const liar = await meet(honest);
  const only = { ...route, sources: route.sources.filter(({ id }) => id === OTHER.id) };
  for (let time = 0; time < TIMES; time++) {
    liar.send(encodeMessage(update({ routes: [only] })));
    liar.send(encodeMessage(update({ withdrawn: [withdrawal] })));
    liar.send(encodeMessage(update({ lost: [studio.id] })));
    liar.send(encodeMessage(update({ whole: true, routes: [only] })));
  }
  liar.send(encodeMessage({ kind: 'ping', nonce: 77 }));
  await eventually(() =>
    liar.heard.some((event) => event.kind === 'message' && event.message.kind === 'pong'),
  );
  expect(liar.isClosed).toBe(false);
  expectUnharmed(scene);
});
