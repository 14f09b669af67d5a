/**
 * A stream server that does what real ones do, and what they should not: each connection gets the
 * next of a list of answers, written as raw bytes.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What one connection gets; called when the request's head is there. */
export type Answer = (socket: Socket, head: string) => void;

export interface PullServer {
  readonly url: URL;
  /** The heads of all requests. */
  readonly heads: readonly string[];
  /** For the connections to come; the last one stays. */
  answers: Answer[];
  close(): Promise<void>;
}

export async function startPullServer(...answers: Answer[]): Promise<PullServer> {
  const sockets = new Set<Socket>();
  const heads: string[] = [];
  const state = { answers };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let head = '';
    socket.on('data', (chunk) => {
      const isNew = !head.includes('\r\n\r\n');
      head += chunk.toString('latin1');
      if (!isNew || !head.includes('\r\n\r\n')) return;
      heads.push(head);
      const answer = state.answers.length > 1 ? state.answers.shift() : state.answers[0];
      answer?.(socket, head);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: new URL(`http://127.0.0.1:${port}/live`),
    heads,
    close: async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}

/** A head, and perhaps a body. */
export const say =
  (head: string, body: Uint8Array = new Uint8Array()): Answer =>
  (socket) => {
    socket.write(`${head}\r\n\r\n`, 'latin1');
    socket.end(body);
  };

/** A head and a body; then the connection stays open. */
export const play =
  (head: string, body: Uint8Array): Answer =>
  (socket) => {
    socket.write(`${head}\r\n\r\n`, 'latin1');
    socket.write(body);
  };

/** The audio with a block of metadata behind each `metaint` bytes, the titles one after the other. */
export function mixTitles(audio: Uint8Array, metaint: number, ...titles: Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < audio.length; offset += metaint) {
    const piece = audio.subarray(offset, offset + metaint);
    parts.push(piece);
    if (piece.length < metaint) break;
    const text = titles.shift() ?? new Uint8Array();
    const blocks = Math.ceil(text.length / 16);
    const block = new Uint8Array(1 + 16 * blocks);
    block[0] = blocks;
    block.set(text, 1);
    parts.push(block);
  }
  return Buffer.concat(parts);
}
