/**
 * What it costs to ask neighbours in turn for titles that the parent may withhold
 * (gossamer/distribution/parent/promises.ts): three SCXs in one process, each the neighbour of all,
 * with a source, for some seconds.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { FAST } from '../../../src/gossamer/core/config.js';
import type { Adu, SourceId } from '../../../src/gossamer/core/node.js';
import { createRng } from '../../../src/lib/rng.js';
import { createLotSigner } from '../../../src/overlay/lots/lot-signer.js';
import { createOverlay, type Overlay } from '../../../src/overlay/overlay.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { type Flags, numberOf, type Row, round } from '../benchmark.js';

const SESSION = 'scattercast://bench.example/witness';
const SCXS = 3;

/** The mesh has settled after this time, ms. */
const SETTLED_MS = 8000;

const start = (number: number, locations: readonly string[]): Promise<Overlay> =>
  createOverlay({
    ...{ session: SESSION, key: drawSigningKey() },
    ...{ incarnation: Date.now(), rendezvous: number === 0, locations, rng: createRng(number) },
    ...{ listenHost: '127.0.0.1', listenPort: 0, advertiseHost: '127.0.0.1' },
    ...{ config: FAST, allowPrivate: true, log: pino({ enabled: false }) },
    onDeliver: () => undefined,
    onEvent: () => undefined,
    onClient: (client) => client.close(),
  });

const total = (overlays: readonly Overlay[], what: 'connectionsOut' | 'dataMessagesOut'): number =>
  overlays.reduce((sum, { counters }) => sum + counters[what], 0);

/** One title. */
function titles(source: SourceId): readonly Adu[] {
  const signer = createLotSigner({ session: SESSION, source, epoch: 1, key: drawSigningKey() });
  const payload = new Uint8Array(50);
  return signer.sign([{ channel: 2, sequence: 0, timestampMs: Date.now(), payload }]);
}

/** The rows of the benchmark. */
export async function measureWitness(given: Flags): Promise<Row[]> {
  const seconds = 3 * numberOf(given, 'seconds');
  const overlays: Overlay[] = [];
  for (let number = 0; number < SCXS; number++) {
    const overlay = await start(number, overlays[0] ? [overlays[0].address] : []);
    overlays.push(overlay);
    overlay.feed({ kind: 'join' });
  }
  const source = { id: 'a'.repeat(16) as SourceId, priority: 0, epoch: 1 };
  overlays[0]?.feed({ kind: 'announceSource', source });
  for (const adu of titles(source.id)) overlays[0]?.feed({ kind: 'publish', adu });
  await pause(SETTLED_MS);
  const before = [total(overlays, 'connectionsOut'), total(overlays, 'dataMessagesOut')] as const;
  await pause(1000 * seconds);
  const each = (value: number): number => round((60 * value) / (seconds * SCXS), 2);
  const opened = total(overlays, 'connectionsOut') - before[0];
  const asked = total(overlays, 'dataMessagesOut') - before[1];
  await Promise.all(overlays.map((overlay) => overlay.close()));
  return [
    { what: 'data messages of an SCX without ADUs, each minute', value: each(asked) },
    { what: 'connections that an SCX opens meanwhile, each minute', value: each(opened) },
  ];
}
