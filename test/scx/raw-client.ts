/** A player made of a bare socket, which can behave as badly as any. */
import { connect, type Socket } from 'node:net';
import { vi } from 'vitest';

export interface RawClient {
  readonly socket: Socket;
  send(text: string): void;
  /** All that was received. */
  text(): string;
  /** What follows the head. */
  body(): Buffer;
  /** Resolves when the head is there. */
  head(): Promise<string>;
  /** Resolves when at least `length` bytes follow the head. */
  bodyOf(length: number): Promise<Buffer>;
  /** Resolves when the server has ended or reset the connection. */
  closed: Promise<void>;
}

const HEAD_END = '\r\n\r\n';

/** What was received; `headEnd` is searched in new parts only, as megabytes may follow. */
function createReceived() {
  let parts: Buffer[] = [];
  let headEnd = -1;
  let bytes = 0;
  const all = (): Buffer => {
    if (parts.length > 1) parts = [Buffer.concat(parts)];
    return parts[0] ?? Buffer.alloc(0);
  };
  return {
    all,
    add: (part: Buffer): void => {
      parts.push(part);
      bytes += part.length;
      if (headEnd === -1) headEnd = all().indexOf(HEAD_END);
    },
    headEnd: (): number => headEnd,
    bodyLength: (): number => (headEnd === -1 ? 0 : bytes - headEnd - HEAD_END.length),
  };
}

/** Connects, sends `request`, and reads unless told otherwise. */
export function rawClient(port: number, request: string, { isReading = true } = {}): RawClient {
  const received = createReceived();
  const { all, headEnd } = received;
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  if (isReading) socket.on('data', received.add);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(request);
  const body = (): Buffer =>
    headEnd() === -1 ? Buffer.alloc(0) : all().subarray(headEnd() + HEAD_END.length);
  const wait = { timeout: 20_000, interval: 5 };
  return {
    socket,
    closed,
    send: (text) => void socket.write(text),
    text: () => all().toString('latin1'),
    body,
    head: async () => {
      await vi.waitUntil(() => headEnd() !== -1, wait);
      return all().subarray(0, headEnd()).toString('latin1');
    },
    bodyOf: async (length) => {
      await vi.waitUntil(() => received.bodyLength() >= length, wait);
      return body();
    },
  };
}
