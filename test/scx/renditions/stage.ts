/** SCXs of a session with renditions, as streaming.ts connects their parts, on real sockets. */

import type { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { createLotSigner } from '../../../src/overlay/lots/lot-signer.js';
import { signSource } from '../../../src/overlay/lots/source-statement.js';
import type { OverlayOptions } from '../../../src/overlay/overlay.js';
import { startThread } from '../../../src/runtime/thread.js';
import { createEncoderClient } from '../../../src/scx/ingest/encoder-client.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import type { Patience } from '../../../src/scx/renditions/rendition.js';
import { createAttachedSources } from '../../../src/scx/sources/attached-sources.js';
import { createSessionChannels } from '../../../src/scx/sources/session-channels.js';
import type { RenditionKbps } from '../../../src/session/renditions.js';
import { renditionChannel, renditionOfChannel } from '../../../src/session/renditions.js';
import { createRenditionMaker, noTranscoding } from '../../../src/transcode/rendition-maker.js';
import { createTranscoder } from '../../../src/transcode/transcoder.js';
import { afterTest } from '../../after-test.js';
import { splitFrames } from '../../mp3/make-mp3.js';
import { SESSION, SOURCE, STATION_KEY, type Station, startStation } from '../../overlay/support.js';
import { fakeConnection, newIdentities } from '../support.js';

const log = pino({ level: 'silent' });

export interface StagedScx {
  readonly station: Station;
  readonly playout: Playout;
  readonly sources: ReturnType<typeof createAttachedSources>;
  /** Lets a player listen to a rendition; returns what it gets. */
  listen(kbps?: RenditionKbps): { frames(): Uint8Array[]; leave(): void };
  /** The parent on the channel of a rendition. */
  parentOf(kbps?: RenditionKbps): string | undefined;
}

/** However busy the machine is, the channel comes in time. */
const UNHURRIED: Patience = { openingMs: 60_000, lateMs: 60_000, steadyMs: 3000 };

/** Starts an SCX that offers 64 kbit/s. */
export async function startScx(
  number: number,
  locations: readonly string[] = [],
  options: Partial<OverlayOptions> = {},
  patience: Patience = UNHURRIED,
): Promise<StagedScx> {
  const playout = createPlayout(
    {
      ...{ identities: newIdentities(), burstMs: 1000, listenersMax: 5, writeIntervalMs: 100 },
      ...{ renditions: [64], patience },
    },
    () => performance.now(),
  );
  const station = await startStation(number, locations, {
    ...options,
    onDeliver: (adu) => {
      station?.delivered.push(adu);
      playout.handleAdu(adu);
    },
    onEvent: (event) => {
      playout.onEvent(event);
      if (event.kind === 'demand') sources.onDemand(event.source, event.channels);
    },
  });
  const { overlay } = station;
  const flowsOf = () => overlay.view().sources.flatMap(({ flows }) => flows);
  const sources = createAttachedSources({
    channels: createSessionChannels([{ id: 1 }, { id: 2 }]),
    renditions: () => playout.renditions.rates,
    wanted: () => flowsOf().flatMap(({ channel }) => (renditionOfChannel(channel) ? channel : [])),
    feed: overlay.feed,
    audience: () => ({ listeners: 0, scxListeners: 0 }),
    ...{ now: () => performance.now(), attended: () => performance.now(), log },
  });
  const tell = (): void =>
    overlay.feed({
      kind: 'optionalChannels',
      offered: playout.renditions.rates.map(renditionChannel),
      wanted: playout.renditions.active.map(renditionChannel),
    });
  playout.renditions.onNeeds(tell);
  tell();
  playout.start();
  afterTest(() => playout.end());
  return {
    ...{ station, playout, sources },
    listen: (kbps = 64) => {
      const connection = { ...fakeConnection(), rendition: kbps, pack: () => ({}) as never };
      const listener = playout.listeners.admit(connection, performance.now());
      return {
        frames: () => splitFrames(Buffer.concat(connection.writes)),
        leave: () => listener && playout.listeners.leave(listener),
      };
    },
    parentOf: (kbps = 64) =>
      flowsOf().find(({ channel }) => channel === renditionChannel(kbps))?.parent,
  };
}

/** A station that sends sound at an SCX, and makes renditions of it as an encoder's SCX does. */
export function startSound({ station, sources }: StagedScx, sound: readonly Uint8Array[]) {
  const threads: Worker[] = [];
  const counters = noTranscoding();
  let isBroken = false;
  const maker = createRenditionMaker({
    send: (kbps, frames) => encoder.sendMade(kbps, frames),
    ...{ log, counters },
    open: (options) =>
      createTranscoder({
        ...options,
        start: (kbps) => {
          if (isBroken) throw new Error('no thread may be started');
          const thread = startThread('transcode/transcode-thread', { workerData: kbps });
          threads.push(thread);
          return thread;
        },
      }),
  });
  const where = { session: SESSION, key: STATION_KEY };
  const encoder = createEncoderClient({
    source: SOURCE,
    state: (source) => signSource(source, { ...where, scx: station.id }),
    ...{ key: STATION_KEY.publicKey, remoteAddress: '127.0.0.1', maker },
    signer: createLotSigner({ ...where, source: SOURCE.id, epoch: SOURCE.epoch }),
    onClosed: (reason) => {
      throw new Error(reason);
    },
  });
  sources.handleClient(encoder.client);
  let sequence = 0;
  const send = (count: number): void => {
    for (let left = count; left > 0; left--) {
      const payload = sound[sequence % sound.length] as Uint8Array;
      encoder.publish({ channel: 1, sequence: sequence++, payload });
    }
  };
  send(150);
  const timer = setInterval(() => send(4), 100);
  afterTest(() => {
    clearInterval(timer);
    maker.close();
  });
  return {
    ...{ maker, counters, threads },
    /** The thread is killed, and none can be started. */
    break: async () => {
      isBroken = true;
      await threads.at(-1)?.terminate();
    },
    mend: () => {
      isBroken = false;
    },
  };
}
