/**
 * A forwarder in front of a cluster that advertises another loopback address than it listens at: a
 * connection to that address is forwarded to the same port of 127.0.0.1. What the cluster answers
 * can be delayed on the way, and the audio to one SCX can be made slow.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const STEP_MS = 50;

/**
 * The first frame of a data connection says that it is one, its channel, and the SCX that opened
 * it.
 */
const isAudioOf = (hello: string, id: string): boolean =>
  hello.includes('"purpose":"data"') && hello.includes('"channel":1') && hello.includes(id);

export interface Throttle {
  /** From now on audio goes to that SCX at this rate. */
  slow(id: string, bytesPerSecond: number): void;
  close(): Promise<void>;
}

export interface ThrottleOptions {
  /** The loopback address that the cluster advertises. */
  readonly address: string;
  readonly ports: readonly number[];
  /** For what the cluster sends, ms. */
  readonly delayMs: number;
}

/** Forwards these ports. */
export async function throttle({ address, ports, delayMs }: ThrottleOptions): Promise<Throttle> {
  const sockets = new Set<Socket>();
  let slowId = '';
  let bytesPerSecond = 0;

  const carry = async (from: Socket, to: Socket, isSlow: () => boolean): Promise<void> => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (delayMs > 0) await pause(delayMs);
      const step = Math.max(1, Math.floor((bytesPerSecond * STEP_MS) / 1000));
      for (let sent = 0; sent < chunk.length; ) {
        const part = isSlow() ? chunk.subarray(sent, sent + step) : chunk.subarray(sent);
        sent += part.length;
        if (!to.write(part)) await once(to, 'drain');
        if (isSlow()) await pause(STEP_MS);
      }
    }
    to.end();
  };

  const forward = (port: number, near: Socket): void => {
    const far = connect(port, '127.0.0.1');
    let hello = '';
    near.once('data', (chunk: Buffer) => {
      hello = chunk.toString('latin1');
    });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
      });
      socket.on('error', () => undefined);
    }
    // What the far side has sent before it closed is still under way.
    near.on('close', () => far.destroy());
    near.pipe(far);
    const isSlow = () => slowId !== '' && isAudioOf(hello, slowId);
    carry(far, near, isSlow).catch(() => near.destroy());
  };

  const servers = ports.map((port): Server => createServer((near) => forward(port, near)));
  await Promise.all(
    servers.map((server, n) => once(server.listen(ports[n], address), 'listening')),
  );
  return {
    slow: (id, rate) => {
      slowId = id;
      bytesPerSecond = rate;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}
