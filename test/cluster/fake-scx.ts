/** A cluster with one session, whose SCX is a bare socket that keeps what encoders send. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { vi } from 'vitest';
import { afterTest } from '../after-test.js';
import { type RawClient, rawClient } from '../scx/raw-client.js';
import { PASSWORD } from '../session/signed.js';
import { startFake } from './fake-cluster.js';
import { announcementXml, NIGHT } from './support.js';

export const PATH = 'radio.example/night';
export const wait = { timeout: 20_000, interval: 5 };

/** What the SCX received on one connection. */
export interface Fed {
  readonly socket: Socket;
  readonly parts: Buffer[];
  /** The other side has ended it, or it was reset. */
  isEnded: boolean;
}

export const textOf = ({ parts }: Fed): string => Buffer.concat(parts).toString('latin1');

async function openScx(): Promise<{ readonly port: number; readonly fed: Fed[] }> {
  const fed: Fed[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const one: Fed = { socket, parts: [], isEnded: false };
    const end = (): void => {
      one.isEnded = true;
    };
    fed.push(one);
    socket
      .on('error', () => undefined)
      .on('end', end)
      .on('close', end);
    socket.on('data', (bytes) => one.parts.push(bytes));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    for (const { socket } of fed) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, fed };
}

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer();
  const listening = once(server.listen(port, '127.0.0.1'), 'listening');
  const free = await listening.then(
    () => true,
    () => false,
  );
  server.close();
  return free;
};

/** A port whose next one is free as well; below the range of ephemeral ports. */
export async function freePair(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

/** The cluster; `client` connects to it, or to another port, and sends a text. */
export async function startFed(over: Parameters<typeof startFake>[0] = {}) {
  const started = await startFake({ port: await freePair(), ...over });
  await started.publish(PATH, announcementXml(NIGHT));
  await vi.waitUntil(() => started.platform.launches.length > 0, wait);
  const scx = await openScx();
  const httpUrl = `http://127.0.0.1:${scx.port}/night.mp3`;
  await started.platform.renew(`${started.platform.launches[0]?.id}`, { httpUrl });
  const { port } = started.cluster;
  const client = (text: string, to = port): RawClient => {
    const made = rawClient(to, text);
    afterTest(() => made.socket.destroy());
    return made;
  };
  const fedAs = async (index: number): Promise<Fed> => {
    await vi.waitUntil(() => scx.fed.length > index, wait);
    return scx.fed[index] as Fed;
  };
  return { ...started, port, password: PASSWORD, client, httpUrl, fed: scx.fed, fedAs };
}
