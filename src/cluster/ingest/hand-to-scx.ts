/**
 * Handing the connection of an encoder to its SCX process, so that a restart of the front end does
 * not end it: encoders have little buffer, and some never connect again.
 */
import type { Socket } from 'node:net';
import type { ScxPlace } from '../../api/encoder-channel.js';
import type { SessionRef } from '../../session/session-id.js';
import type { Platform } from '../platform/platform.js';
import type { EncoderWay } from '../status/cluster-metrics.js';
import { bytesFor, type EncoderRequest } from './connect-scx.js';
import { stopReading } from './stop-reading.js';

/** An encoder whose session is known. */
export interface ConnectedEncoder {
  /** Paused. */
  readonly socket: Socket;
  readonly request: EncoderRequest;
  readonly ref: SessionRef;
  /** Whether the encoder is sent the SCX's answer; false if it has been answered already. */
  readonly isAnswered: boolean;
}

/** How it was given away, or undefined; and what this process has read of it since its request. */
interface HandedEncoder {
  readonly way: EncoderWay | undefined;
  readonly buffered: Buffer;
}

/** An SCX, and where its port is. */
export interface EncoderScx extends ScxPlace {
  readonly id: string;
}

const NOTHING = Buffer.alloc(0);

/**
 * Hands an encoder to an SCX, or to the carrier (encoder-carrier.ts) on its way to that SCX. `onGone` is
 * called when one that was taken has left.
 */
export async function handToScx(
  { socket, request, ref, isAnswered }: ConnectedEncoder,
  { id, host, port }: EncoderScx,
  { giveEncoder, carryEncoder }: Pick<Platform, 'giveEncoder' | 'carryEncoder'>,
  onGone: () => void,
): Promise<HandedEncoder> {
  const stopped = stopReading(socket);
  if (stopped === undefined) return { way: undefined, buffered: NOTHING };
  const { buffered } = stopped;
  const bytes = Buffer.concat([bytesFor(request, ref), buffered]);
  const gift = { socket, bytes, isAnswered, onGone };
  const offer = async (): Promise<EncoderWay | undefined> => {
    if (await giveEncoder(id, gift)) return 'handedOver';
    return (await carryEncoder({ ...gift, scx: { host, port } })) ? 'carried' : undefined;
  };
  const way = await offer();
  if (way === undefined) stopped.resume();
  else socket.destroy(); // closes our copy of the descriptor, not the connection
  return { way, buffered };
}
