/**
 * Looks regularly at what the kernel holds for listeners. A player that reads nothing would keep 4
 * MiB there, minutes of audio, and would look as if it took everything. So what exceeds the burst
 * and a slack counts as bytes that the player has not taken: it gets no more until it has read, and
 * then goes on from the ring, skips to live or is closed as idle, as the rules of
 * listener-writer.ts are.
 *
 * Where the system does not list the queues, none has an excess.
 */
import { lookAtSendQueues, type QueueLooks } from '../../runtime/system/send-queues.js';
import type { AudioRing } from '../sound/audio-ring.js';
import type { ListenerConnections } from './listener-connections.js';

/** Audio beyond the burst that may wait in the kernel, ms: a player's pause. Guess. */
const SLACK_MS = 10_000;
const BITS_PER_BYTE = 8;

export interface SendQueueWatch extends Omit<QueueLooks, 'over' | 'onQueues'> {
  readonly connections: Pick<ListenerConnections, 'noteSendQueues'>;
  readonly ring: Pick<AudioRing, 'burst' | 'bitrateKbps'>;
  now(): number;
}

/** What the kernel may hold for a listener, bytes. */
function allowanceOf({ ring, now }: SendQueueWatch): number {
  const { bitrateKbps } = ring;
  if (bitrateKbps === undefined) return Number.POSITIVE_INFINITY;
  const burstBytes = ring.burst(now())?.bytes.length ?? 0;
  return Math.ceil(burstBytes + (SLACK_MS * bitrateKbps) / BITS_PER_BYTE);
}

/** Starts to look; returns what ends it. */
export const watchSendQueues = (watch: SendQueueWatch): (() => void) =>
  lookAtSendQueues({
    ...watch,
    over: () => allowanceOf(watch),
    onQueues: watch.connections.noteSendQueues,
  });
