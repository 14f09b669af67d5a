/**
 * Bounds what the kernel holds for players whose stream goes through the front end. A player that reads
 * nothing would keep 4 MiB there, and would look as if it took everything. So a stream whose queue is
 * longer than some seconds of audio is not read from its SCX until the player has read: then the SCX's
 * own rules hold, by which a listener skips to live or ends. A player that takes nothing for a minute is
 * disconnected.
 *
 * Where the system does not list the queues, nothing is bounded here.
 *
 * Bounded: by the streams that are passed on.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  endsOf,
  lookAtSendQueues,
  type QueueLooks,
  type SendQueues,
} from '../../runtime/system/send-queues.js';

export interface ProxiedQueues {
  /** A stream that is piped from an SCX to a player. */
  add(upstream: IncomingMessage, response: ServerResponse): void;
  /** Ends the looks. */
  close(): void;
}

/** As at an SCX: a burst of 4 s and a player's pause of 10 s. */
const HELD_MS = 14_000;
const IDLE_MS = 60_000;
/** Of a stream that does not say it, kbit/s: the highest of MP3. */
const BITRATE_KBPS = 320;
const BITS_PER_BYTE = 8;

interface Stream {
  readonly upstream: IncomingMessage;
  readonly response: ServerResponse;
  /** What may wait in the kernel, bytes. */
  readonly allowance: number;
  /** What waited there at the last look. */
  queued: number;
  /** It is not read from its SCX. */
  isHeld: boolean;
  /** The instant at which the player last took something. */
  tookAt: number;
}

function allowanceOf({ headers }: IncomingMessage): number {
  const told = Number(headers['icy-br']);
  const kbps = told > 0 && told <= BITRATE_KBPS ? told : BITRATE_KBPS;
  return (HELD_MS * kbps) / BITS_PER_BYTE;
}

function hold(stream: Stream, isHeld: boolean): void {
  if (stream.isHeld === isHeld) return;
  stream.isHeld = isHeld;
  if (isHeld) stream.upstream.unpipe(stream.response);
  else stream.upstream.pipe(stream.response);
}

function note(stream: Stream, queued: number, now: number): void {
  const hasTaken = queued < stream.queued || queued <= stream.allowance;
  if (hasTaken) stream.tookAt = now;
  stream.queued = queued;
  hold(stream, queued > stream.allowance);
  if (now - stream.tookAt > IDLE_MS) stream.response.destroy();
}

/** Creates the bounds, without streams. `now` is monotonic, in ms. */
export function createProxiedQueues(
  now: () => number,
  looks: Pick<QueueLooks, 'everyMs' | 'timeShareMax' | 'read'> = {},
): ProxiedQueues {
  const streams = new Set<Stream>();

  const onQueues = (queues: SendQueues): void => {
    for (const stream of streams) {
      const { socket } = stream.response;
      if (socket !== null) note(stream, queues.get(endsOf(socket)) ?? 0, now());
    }
  };
  const over = (): number =>
    Math.min(...[...streams].map(({ allowance }) => allowance), Number.POSITIVE_INFINITY);
  const close = lookAtSendQueues({ ...looks, over, onQueues });

  return {
    add: (upstream, response) => {
      const allowance = allowanceOf(upstream);
      const stream = { upstream, response, allowance, queued: 0, isHeld: false, tookAt: now() };
      streams.add(stream);
      response.once('close', () => streams.delete(stream));
    },
    close,
  };
}
