/**
 * Handing the connection of an encoder to its SCX process, so that a restart of the front end does
 * not end it: encoders have little buffer, and some never connect again.
 */
import type { Socket } from 'node:net';
import type { SessionName } from '../../session/session-name.js';
import type { Platform } from '../platform/platform.js';
import { bytesFor, type EncoderRequest } from './connect-scx.js';
import { stopReading } from './stop-reading.js';

/** An encoder whose session is known. */
export interface ConnectedEncoder {
  /** Paused. */
  readonly socket: Socket;
  readonly request: EncoderRequest;
  readonly name: SessionName;
  /** Whether the encoder is sent the SCX's answer; false if it has been answered already. */
  readonly isAnswered: boolean;
}

/** Whether the SCX has the connection; if not, what this process has read of it since its request. */
interface HandedEncoder {
  readonly isTaken: boolean;
  readonly buffered: Buffer;
}

const NOTHING = Buffer.alloc(0);

/**
 * Hands an encoder to the SCX with this id. `onGone` is called when one that was taken has left.
 */
export async function handToScx(
  { socket, request, name, isAnswered }: ConnectedEncoder,
  id: string,
  { giveEncoder }: Pick<Platform, 'giveEncoder'>,
  onGone: () => void,
): Promise<HandedEncoder> {
  const stopped = stopReading(socket);
  if (stopped === undefined) return { isTaken: false, buffered: NOTHING };
  const { buffered } = stopped;
  const bytes = Buffer.concat([bytesFor(request, name), buffered]);
  const isTaken = await giveEncoder(id, { socket, bytes, isAnswered, onGone });
  if (isTaken)
    socket.destroy(); // closes our copy of the descriptor, not the connection
  else stopped.resume();
  return { isTaken, buffered };
}
