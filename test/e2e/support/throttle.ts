/**
 * A forwarder in front of a cluster that advertises another loopback address than it listens at: a
 * connection to that address is forwarded to the same port of 127.0.0.1. What the cluster answers
 * can be delayed on the way, and the audio to one SCX can be made slow. Connections are encrypted:
 * those of an SCX are told by its process, and its audio by the bytes.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from './processes.js';

const STEP_MS = 50;

/** The local TCP ports of a process (Linux). */
function portsOf(pid: number): Set<number> {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return []; // closed meanwhile
      }
    }),
  );
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/\s+/));
  const own = fields.filter(([, , , , , , , , , inode = '']) => inodes.has(inode));
  return new Set(own.map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16)));
}

/** One connection, and the bytes that it has carried to the process that opened it. */
interface Carried {
  readonly near: Socket;
  bytes: number;
}

export interface Throttle {
  /** From now on audio goes to the SCX of this process at this rate. */
  slow(pid: number, bytesPerSecond: number): void;
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
  const connections = new Set<Carried>();
  let slowPid: number | undefined;
  let slowPorts = new Set<number>();
  let bytesPerSecond = 0;

  const isOfSlow = ({ near }: Carried): boolean => slowPorts.has(near.remotePort ?? 0);

  /** Of all connections of that process the audio is the one that carries most. */
  const isSlow = (one: Carried): boolean =>
    isOfSlow(one) && [...connections].filter(isOfSlow).every(({ bytes }) => bytes <= one.bytes);

  const carry = async (from: Socket, one: Carried): Promise<void> => {
    const to = one.near;
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (delayMs > 0) await pause(delayMs);
      const step = Math.max(1, Math.floor((bytesPerSecond * STEP_MS) / 1000));
      for (let sent = 0; sent < chunk.length; ) {
        const part = isSlow(one) ? chunk.subarray(sent, sent + step) : chunk.subarray(sent);
        sent += part.length;
        one.bytes += part.length;
        if (!to.write(part)) await once(to, 'drain');
        if (isSlow(one)) await pause(STEP_MS);
      }
    }
    to.end();
  };

  const forward = (port: number, near: Socket): void => {
    const far = connect(port, '127.0.0.1');
    const one = { near, bytes: 0 };
    connections.add(one);
    if (slowPid !== undefined && isAlive(slowPid)) slowPorts = portsOf(slowPid);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
      });
      socket.on('error', () => undefined);
    }
    // What the far side has sent before it closed is still under way.
    near.on('close', () => {
      far.destroy();
      connections.delete(one);
    });
    near.pipe(far);
    carry(far, one).catch(() => near.destroy());
  };

  const servers = ports.map((port): Server => createServer((near) => forward(port, near)));
  await Promise.all(
    servers.map((server, n) => once(server.listen(ports[n], address), 'listening')),
  );
  return {
    slow: (pid, rate) => {
      slowPid = pid;
      slowPorts = portsOf(pid);
      bytesPerSecond = rate;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}
