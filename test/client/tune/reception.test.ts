/**
 * What a client believes. Clusters and SCXs stand between it and the station, and any of them may lie:
 * nothing that the station has not signed reaches an output.
 */
import { afterEach, expect, test } from 'vitest';
import {
  openReception,
  type Reception,
  type ReceptionEvent,
} from '../../../src/client/tune/reception.js';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createLotSigner, lotFrames } from '../../../src/overlay/lots/lot-signer.js';
import { drawSourceId } from '../../../src/overlay/lots/source-id.js';
import { drawSigningKey, type SigningKey } from '../../../src/runtime/signing-key.js';
import { steadyTimeMs } from '../../../src/runtime/steady-time.js';
import { DEFAULT_CHANNELS } from '../../../src/session/announcement.js';
import { printAnnouncement } from '../../../src/session/print-announcement.js';
import type { ReceiveHello } from '../../../src/wire/hello.js';
import { afterTest } from '../../after-test.js';
import { listed, nameOf, STATION, STATION_KEY, signed } from '../../session/signed.js';
import { SESSION, type StandIn, startStandIn } from '../stand-in.js';

const SOURCE = drawSourceId(STATION_KEY.publicKey);
const NAME = nameOf('scattercast://radio.example/night');
const PATH = '/night.xml';

/** The announcement, as it stands at a cluster. */
const documentBy = (key?: SigningKey, issuedMs?: number, source = STATION): string =>
  printAnnouncement(
    signed(
      {
        ...{ name: NAME, channels: DEFAULT_CHANNELS, sources: [source] },
        rendezvous: ['127.0.0.1:9'],
      },
      key,
      issuedMs,
    ),
  );

interface Lot {
  readonly first: number;
  readonly count?: number;
  readonly session?: string;
  readonly source?: SourceId;
  readonly key?: typeof STATION_KEY;
  readonly ageMs?: number;
}

function lot({ first, count = 2, ageMs = 0, ...whose }: Lot) {
  const { session = SESSION, source = SOURCE, key = STATION_KEY } = whose;
  const now = () => steadyTimeMs() - ageMs;
  const signer = createLotSigner({ session, source, epoch: 1, key, now });
  const adus = Array.from({ length: count }, (_, index) => ({
    ...{ channel: 1, sequence: first + index, timestampMs: now() },
    payload: Uint8Array.of(first + index),
  }));
  return lotFrames(signer.sign(adus))[0] as Uint8Array;
}

async function startCluster(body = documentBy()): Promise<StandIn> {
  const cluster = await startStandIn();
  afterTest(cluster.close);
  cluster.answers.set(`GET ${PATH}`, { status: 200, body });
  return cluster;
}

let reception: Reception | undefined;
afterEach(async () => {
  await reception?.leave();
  reception = undefined;
});

/** Receives at these clusters; the announcement lies at the first. */
async function receive(...clusters: StandIn[]) {
  const heard: number[] = [];
  const events: ReceptionEvent[] = [];
  reception = await openReception({
    clusters: clusters.map(({ url }) => url),
    announcement: `${clusters[0]?.url}${PATH}`,
    channels: [2, 1],
    onAdu: ({ adu }) => void heard.push(adu.sequence),
    onEvent: (event) => void events.push(event),
  });
  return { heard, events };
}

const helloOf = (cluster: StandIn, visit: number): ReceiveHello =>
  cluster.visits[visit]?.hello as unknown as ReceiveHello;

test('A client goes on behind the number that it has, and hears what comes again once', async () => {
  const cluster = await startCluster();
  const { heard, events } = await receive(cluster);
  cluster.visits[0]?.send(lot({ first: 4 }), lot({ first: 6 }));
  await expect.poll(() => heard.length).toBe(4);
  cluster.visits[0]?.cut();
  await cluster.until(() => cluster.visits.length === 2);
  expect(helloOf(cluster, 0)).toMatchObject({
    purpose: 'receive',
    channels: [2, 1],
    positions: [],
  });
  expect(helloOf(cluster, 1).positions).toEqual([{ source: SOURCE, channel: 1, next: 8 }]);
  cluster.visits[1]?.send(lot({ first: 6 }), lot({ first: 8 }), lot({ first: 12 }));
  await expect.poll(() => heard).toEqual([4, 5, 6, 7, 8, 9, 12, 13]);
  expect(events).toContainEqual({ kind: 'missed', channel: 1, count: 2 });
});

const STRANGER = drawSigningKey();

test.each([
  ['of a stranger', () => lot({ first: 9, key: STRANGER })],
  [
    'of a source that is not listed',
    () => lot({ first: 9, key: STRANGER, source: drawSourceId(STRANGER.publicKey) }),
  ],
  ['of another session', () => lot({ first: 9, session: `${SESSION}x` })],
  [
    'with a changed byte',
    () => {
      const frame = lot({ first: 9 });
      frame[frame.length - 1] = 77;
      return frame;
    },
  ],
])(
  'An SCX that sends a lot %s is left for the next cluster, and none of it is heard',
  async (_what, lie) => {
    const [liar, honest] = [await startCluster(), await startCluster()];
    const { heard } = await receive(liar, honest);
    liar.visits[0]?.send(lot({ first: 1 }), lie());
    await honest.until(() => honest.visits.length === 1);
    expect(helloOf(honest, 0).positions).toEqual([{ source: SOURCE, channel: 1, next: 3 }]);
    honest.visits[0]?.send(lot({ first: 3 }));
    await expect.poll(() => heard).toEqual([1, 2, 3, 4]);
  },
);

test('What is too old is not heard, which is told once, and is no fault of the SCX', async () => {
  const cluster = await startCluster();
  const { heard, events } = await receive(cluster);
  const old = [1, 3, 5].map((first) => lot({ first, ageMs: 700_000 }));
  cluster.visits[0]?.send(...old, lot({ first: 7 }));
  await expect.poll(() => heard).toEqual([7, 8]);
  expect(events.filter(({ kind }) => kind === 'unbelieved')).toEqual([
    { kind: 'unbelieved', why: 'stale' },
  ]);
  expect(cluster.visits).toHaveLength(1);
});

test('A cluster that lets a client have another announcement, or an SCX of another session, is refused', async () => {
  const cluster = await startCluster(documentBy(STRANGER));
  await expect(receive(cluster)).rejects.toThrow('names an SCX of another session');
  cluster.answers.set(`GET ${PATH}`, { status: 200, body: '<SCATTERCAST/>' });
  await expect(receive(cluster)).rejects.toThrow('is no valid announcement');
});

test('The key that was first read holds, and an older announcement replaces no newer one', async () => {
  const older = documentBy(undefined, Date.now() - 5_000_000, listed(STRANGER));
  const cluster = await startCluster();
  const { heard, events } = await receive(cluster);
  cluster.answers.set(`GET ${PATH}`, { status: 200, body: documentBy(STRANGER) });
  cluster.visits[0]?.cut();
  await expect
    .poll(() => events.flatMap((event) => (event.kind === 'failed' ? [event.reason] : [])))
    .toContainEqual(expect.stringContaining('is of another session'));
  cluster.answers.set(`GET ${PATH}`, { status: 200, body: older });
  await cluster.until(() => cluster.visits.length === 2);
  cluster.visits[1]?.send(lot({ first: 1 }));
  await expect.poll(() => heard).toEqual([1, 2]);
});
