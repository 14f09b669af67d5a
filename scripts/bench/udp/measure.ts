/**
 * Measures what a chain delivers of a broadcast while its links lose datagrams, and what that
 * costs.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Adu } from '../../../src/gossamer/core/node.js';
import type { FlowView } from '../../../src/gossamer/view.js';
import type { Overlay } from '../../../src/overlay/overlay.js';
import { steadyTimeMs } from '../../../src/runtime/steady-time.js';
import { DATAGRAM_BYTES_MAX, FRAMES_BYTES_MAX } from '../../../src/wire/datagram.js';
import { lotFrameBytes } from '../../../src/wire/lot-codec.js';
import { type Chain, type ChainOptions, startChain } from './chain.js';

/** An ADU that is delivered later than this is not in time, ms. */
const BUFFER_MS = 2000;

/** 128 kbit/s at 44.1 kHz. */
const AUDIO_BYTES = 418;
const AUDIO_MS = 1152 / 44.1;
/** The frames that `broadcast` sends together: those of a tenth of a second. */
const LOT = Array.from({ length: 4 }, () => new Uint8Array(AUDIO_BYTES));
/** As they fit into datagrams: two and two. */
const PARTS = [0, 2].map((from) =>
  LOT.map((frame, at) => (at >> 1 === from >> 1 ? frame : undefined)),
);
/** Those datagrams. */
const LOT_DATAGRAM_BYTES = PARTS.reduce(
  (sum, part) => sum + lotFrameBytes(part) + DATAGRAM_BYTES_MAX - FRAMES_BYTES_MAX,
  0,
);

/** Before losses, and between their begin and the measurement, ms. */
const SETTLE_MS = 2000;

export interface MeasureOptions extends Omit<ChainOptions, 'onDeliver'> {
  readonly seconds: number;
  /** 0 to 1. */
  readonly loss: number;
}

export interface HopReport {
  readonly hop: number;
  /** Publishing to delivery, of all that were delivered, ascending, ms. */
  readonly latenciesMs: readonly number[];
  readonly inTime: number;
  /** Delivered again, or after a later one. */
  readonly disordered: number;
  readonly repaired: number;
  readonly missed: number;
  readonly duplicate: number;
  readonly fallbacks: number;
}

export interface ChainReport {
  readonly frames: number;
  readonly hops: readonly HopReport[];
  /** Sent as datagrams by all SCXs, bytes; and over TCP data connections. */
  readonly datagramBytes: number;
  readonly tcpBytes: number;
  /** Each ADU once over each link: with its proof, in sealed datagrams, and the audio alone; bytes. */
  readonly aduBytes: number;
  readonly audioBytes: number;
  /** The share of datagrams that were lost. */
  readonly lost: number;
}

interface Tally {
  /** By number, of its first delivery. */
  readonly latencyMs: Map<number, number>;
  next: number;
  disordered: number;
}

function count(tally: Tally, adu: Adu): void {
  if (adu.sequence < tally.next) tally.disordered++;
  tally.next = adu.sequence + 1;
  tally.latencyMs.set(adu.sequence, steadyTimeMs() - adu.timestampMs);
}

/** Publishes at the pace of the music, however late a timer is. */
function startPublishing(chain: Chain): () => void {
  const startedAt = performance.now();
  let next = 0;
  const timer = setInterval(() => {
    for (; startedAt + next * AUDIO_MS <= performance.now(); next += LOT.length) {
      chain.publish(next, LOT);
    }
  }, 5);
  return () => clearInterval(timer);
}

async function settle(chain: Chain): Promise<void> {
  for (let look = 0; look < 600 && !chain.isFormed(); look++) await pause(100);
  if (!chain.isFormed()) throw new Error('the SCXs have formed no chain within a minute');
  await pause(SETTLE_MS);
}

const flowOf = (overlay: Overlay): FlowView | undefined =>
  overlay.view().sources[0]?.flows.find(({ channel }) => channel === 1);

interface Reading {
  readonly next: number;
  readonly datagramBytes: number;
  readonly tcpBytes: number;
}

function read({ overlays }: Chain): Reading {
  let [datagramBytes, tcpBytes] = [0, 0];
  for (const { counters } of overlays) {
    datagramBytes += counters.datagramBytesOut;
    tcpBytes += counters.dataBytesOut;
  }
  return { next: flowOf(overlays[0] as Overlay)?.next ?? 0, datagramBytes, tcpBytes };
}

function reportHop(hop: number, overlay: Overlay, tally: Tally, from: number, end: number) {
  const latenciesMs: number[] = [];
  for (const [sequence, ms] of tally.latencyMs) {
    if (sequence >= from && sequence < end) latenciesMs.push(ms);
  }
  const { missed = 0, duplicate = 0 } = flowOf(overlay) ?? {};
  const repaired = overlay.view().disturbances.repaired.retransmission;
  return {
    ...{ hop, repaired, missed, duplicate, disordered: tally.disordered },
    latenciesMs: latenciesMs.sort((a, b) => a - b),
    inTime: latenciesMs.filter((ms) => ms <= BUFFER_MS).length,
    fallbacks: overlay.counters.datagramFallbacks,
  };
}

async function run(chain: Chain, tallies: readonly Tally[], options: MeasureOptions) {
  const { network, overlays } = chain;
  await settle(chain);
  const whole = network.datagrams; // they came before any could be lost
  network.loss = options.loss;
  await pause(SETTLE_MS);
  const before = read(chain);
  await pause(options.seconds * 1000);
  const after = read(chain);
  // The last ADUs have as much time as the others.
  await pause(BUFFER_MS);
  const frames = after.next - before.next;
  const overLinks = options.hops * frames;
  return {
    frames,
    hops: overlays
      .map((overlay, index) =>
        reportHop(index, overlay, tallies[index] as Tally, before.next, after.next),
      )
      .slice(1),
    datagramBytes: after.datagramBytes - before.datagramBytes,
    tcpBytes: after.tcpBytes - before.tcpBytes,
    aduBytes: (overLinks / LOT.length) * LOT_DATAGRAM_BYTES,
    audioBytes: overLinks * AUDIO_BYTES,
    lost: network.lost / Math.max(1, network.datagrams - whole),
  };
}

/** Starts a chain, broadcasts over it, and ends it. Throws when no chain forms. */
export async function measureChain(options: MeasureOptions): Promise<ChainReport> {
  const tallies = Array.from({ length: options.hops + 1 }, () => ({
    ...{ latencyMs: new Map<number, number>(), next: 0, disordered: 0 },
  }));
  const onDeliver = (index: number, adu: Adu): void => count(tallies[index] as Tally, adu);
  const chain = await startChain({ ...options, onDeliver });
  const stop = startPublishing(chain);
  try {
    return await run(chain, tallies, options);
  } finally {
    stop();
    await chain.close();
  }
}
