/**
 * Looks regularly at what the kernel holds for listeners. A player that reads nothing would keep 4
 * MiB there, minutes of audio, and would look as if it took everything. So what exceeds the burst
 * and a slack counts as bytes that the player has not taken: it gets no more until it has read, and
 * then goes on from the ring, skips to live or is closed as idle, as the rules of
 * listener-writer.ts are.
 *
 * Where the system does not list the queues, none has an excess.
 */
import { readSendQueues, type SendQueues } from '../../runtime/send-queues.js';
import type { AudioRing } from '../sound/audio-ring.js';
import type { ListenerConnections } from './listener-connections.js';

/** Interval between two looks, ms. Measured: 2 ms of a thread beside, with 60 connections. */
const EVERY_MS = 5000;
/** A look takes at most this share of the time, on a machine with very many connections. Guess. */
const TIME_SHARE_MAX = 0.01;
/** Audio beyond the burst that may wait in the kernel, ms: a player's pause. Guess. */
const SLACK_MS = 10_000;
const BITS_PER_BYTE = 8;

export interface SendQueueWatch {
  readonly connections: Pick<ListenerConnections, 'noteSendQueues'>;
  readonly ring: Pick<AudioRing, 'burst' | 'bitrateKbps'>;
  now(): number;
  readonly everyMs?: number;
  readonly timeShareMax?: number;
  /** See readSendQueues. */
  readonly read?: (over: number) => Promise<SendQueues>;
}

/** What the kernel may hold for a listener, bytes. */
function allowanceOf({ ring, now }: SendQueueWatch): number {
  const { bitrateKbps } = ring;
  if (bitrateKbps === undefined) return Number.POSITIVE_INFINITY;
  const burstBytes = ring.burst(now())?.bytes.length ?? 0;
  return Math.ceil(burstBytes + (SLACK_MS * bitrateKbps) / BITS_PER_BYTE);
}

/** Starts to look; returns what ends it. */
export function watchSendQueues(watch: SendQueueWatch): () => void {
  const { connections, everyMs = EVERY_MS, timeShareMax = TIME_SHARE_MAX } = watch;
  const { read = readSendQueues } = watch;
  let timer: NodeJS.Timeout | undefined;
  let hasEnded = false;

  const look = async (): Promise<void> => {
    const startedAt = performance.now();
    const allowance = allowanceOf(watch);
    const queues = await read(allowance);
    if (hasEnded) return;
    connections.noteSendQueues(queues, allowance);
    lookIn(Math.max(everyMs, (performance.now() - startedAt) / timeShareMax));
  };

  const lookIn = (ms: number): void => {
    timer = setTimeout(() => void look(), ms).unref();
  };

  lookIn(everyMs);
  return () => {
    hasEnded = true;
    clearTimeout(timer);
  };
}
