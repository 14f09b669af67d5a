/**
 * A socket that another process is to read must not be read here any more: what this process has
 * read would be lost. `pause()` is not enough, because Node goes on filling the socket's buffer.
 * The handle's `readStop` is not public; without it, or over TLS, reading cannot be stopped.
 */
import type { Socket } from 'node:net';

/** The part of Node's own handle that is used. */
interface ReadingHandle {
  readStart?(): number;
  readStop?(): number;
}

/** A socket that is not read any more. */
export interface StoppedSocket {
  /** The bytes that had been read already. */
  readonly buffered: Buffer;
  /** This process reads it again, from behind those bytes. */
  resume(): void;
}

const handleOf = (socket: Socket): ReadingHandle | undefined =>
  (socket as unknown as { readonly _handle?: ReadingHandle | null })._handle ?? undefined;

function drain(socket: Socket): Buffer {
  const parts: Buffer[] = [];
  while (socket.readableLength > 0) {
    const part: Buffer | null = socket.read();
    if (part === null) break;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/**
 * Stops the reading of a paused socket. Undefined if that is not possible, or if it has not sent
 * yet what was written to it.
 */
export function stopReading(socket: Socket): StoppedSocket | undefined {
  const handle = handleOf(socket);
  if ('encrypted' in socket || socket.destroyed || socket.writableLength > 0) return undefined;
  if (handle?.readStart === undefined || handle.readStop === undefined) return undefined;
  const buffered = drain(socket);
  // After the buffer has been emptied, which starts reading again; the stream believes that it
  // still reads, so it does not start once more.
  handle.readStop();
  return { buffered, resume: () => void (socket.destroyed || handle.readStart?.()) };
}
