/**
 * A stand-in for an Icecast server: it records what sources send, and answers as a test has set it.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import {
  type IcecastTarget,
  parseIcecastUrl,
} from '../../../src/client/icecast-relay/icecast-target.js';

/** One request of a client. */
interface Visit {
  readonly head: string;
  body(): Buffer;
  cut(): void;
}

export interface IcecastStandIn {
  readonly target: IcecastTarget;
  /** Requests with this method. */
  visits(method: string): readonly Visit[];
  /** Answers by method; without one it is `200 OK`. */
  readonly answers: Map<string, string>;
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export const PASSWORD = 'hack:me öß/%';

export async function startIcecast(port = 0): Promise<IcecastStandIn> {
  const visits: Visit[] = [];
  const answers = new Map<string, string>();
  const sockets = new Set<Socket>();
  let waiting: { condition: () => boolean; resolve: () => void }[] = [];
  const onHeard = (): void => {
    for (const { condition, resolve } of waiting) if (condition()) resolve();
    waiting = waiting.filter(({ condition }) => !condition());
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    let received = Buffer.alloc(0);
    let bodyAt = -1;
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (bodyAt < 0 && received.includes('\r\n\r\n')) {
        bodyAt = received.indexOf('\r\n\r\n') + 4;
        const head = received.subarray(0, bodyAt).toString();
        visits.push({
          head,
          body: () => received.subarray(bodyAt),
          cut: () => socket.resetAndDestroy(),
        });
        const method = head.split(' ')[0] as string;
        const answer = answers.get(method) ?? (method === 'PUT' ? '100 Continue' : '200 OK');
        socket.write(`HTTP/1.0 ${answer}\r\n\r\n`);
        if (method === 'GET' || /^[345]/.test(answer)) socket.end();
      }
      onHeard();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      onHeard();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  const address = `127.0.0.1:${own}/night.mp3`;
  return {
    target: parseIcecastUrl(`icecast://me:${encodeURIComponent(PASSWORD)}@${address}`) as never,
    visits: (method) => visits.filter(({ head }) => head.startsWith(`${method} `)),
    answers,
    until: (condition) =>
      condition()
        ? Promise.resolve()
        : new Promise<void>((resolve) => waiting.push({ condition, resolve })),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
