/** A player made of a bare socket, which can behave as badly as anybody. */
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
  /** Resolves when at least so many bytes follow the head. */
  bodyOf(length: number): Promise<Buffer>;
  /** Resolves when the server has ended or reset the connection. */
  closed: Promise<void>;
}

/** Connects, sends `request`, and reads unless told otherwise. */
export function rawClient(port: number, request: string, { isReading = true } = {}): RawClient {
  const parts: Buffer[] = [];
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  if (isReading) socket.on('data', (part) => parts.push(part));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(request);
  const all = (): Buffer => Buffer.concat(parts);
  const headEnd = (): number => all().indexOf('\r\n\r\n');
  const body = (): Buffer => (headEnd() === -1 ? Buffer.alloc(0) : all().subarray(headEnd() + 4));
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
      await vi.waitUntil(() => body().length >= length, wait);
      return body();
    },
  };
}
