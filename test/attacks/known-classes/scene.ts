/**
 * A cluster with a session on the air and a listener, as processes, for attacks of the kinds that have
 * had CVEs elsewhere. After each attack the scene must be unharmed: the same processes, and the listener
 * hears on.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { clock, hear } from '../../e2e/support/heard.js';
import { CLIP, until } from '../../e2e/support/processes.js';
import { type Cluster, createStage } from '../../e2e/support/stage.js';

/** The mount of the session that is on the air. */
export const MOUNT = '/radio.example/night';
const WITHIN_MS = 45_000;

/** What one port has answered until it closed the connection, or until `isEnough`. */
export function exchange(
  port: number,
  bytes: string | Uint8Array,
  isEnough: (said: string) => boolean = (said) => said.includes('\r\n\r\n'),
): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(Buffer.from(bytes as string, 'latin1')),
    );
    const timer = setTimeout(() => socket.destroy(), WITHIN_MS);
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (isEnough(said)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(said);
    });
  });
}

/** A connection that stays open; what it says is ignored. */
export function hold(port: number, bytes: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  socket.on('error', () => undefined).resume();
  return socket;
}

/** The status of an answer; 0 without one. */
export const statusOf = (said: string): number =>
  Number(/^(?:HTTP\/1\.[01]|ICY) (\d{3})/.exec(said)?.[1] ?? 0);

/** A request head of these lines. */
export const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

export const basic = (credentials: string): string =>
  `Authorization: Basic ${Buffer.from(credentials).toString('base64')}`;

/** All that runs. */
export interface Scene {
  readonly cluster: Cluster;
  /** The ports of the front end and of the session's SCX. */
  readonly ports: readonly [number, number];
  readonly password: string;
  readonly token: string;
  /** Sends a request to both ports; returns the answers. */
  ask(request: string): Promise<readonly string[]>;
  /** All that processes have written: output, access logs, logs of SCXs. */
  logs(): string;
  /** The modes of the files of logs. */
  logModes(): readonly number[];
  /** Publishes another session, whose SCX is started then. `path`: `CREATOR/SESSION`. */
  publish(path: string): Promise<unknown>;
  /** Fails unless the same processes serve the listener on. */
  expectUnharmed(): Promise<void>;
  close(): Promise<void>;
}

/** Opens it. */
export async function openScene(): Promise<Scene> {
  const stage = createStage();
  const accessLog = join(stage.directory, 'access.log');
  const cluster = await stage.cluster({ extra: ['--access-log', accessLog] });
  const announcement = await stage.announce(cluster, 'scattercast://radio.example/night');
  const { password, token } = stage.secretsOf(announcement);
  const broadcaster = await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const [scx] = await cluster.scxs();
  if (scx === undefined) throw new Error('no SCX');
  const ports = [cluster.port, Number(new URL(scx.httpUrl).port)] as const;
  const listener = hear(`${cluster.url}/listen${MOUNT}.mp3`);
  await until('the listener to hear', () => listener.now() !== undefined);

  const logFiles = (): string[] => {
    const folder = join(cluster.dataDir, 'logs');
    const own = readdirSync(stage.directory).filter((name) => name.startsWith('access.log'));
    return [
      ...readdirSync(folder).map((name) => join(folder, name)),
      ...own.map((name) => join(stage.directory, name)),
    ];
  };

  return {
    ...{ cluster, ports, password, token },
    ask: (request) => Promise.all(ports.map((port) => exchange(port, request))),
    logs: () =>
      [
        ...[cluster.process, broadcaster].flatMap((one) => [one.stdout(), one.stderr()]),
        ...logFiles().map((file) => readFileSync(file, 'latin1')),
      ].join('\n'),
    logModes: () => logFiles().map((file) => statSync(file).mode & 0o777),
    publish: (path) => stage.publish(cluster, path),
    expectUnharmed: async () => {
      const since = clock();
      await until('more sound', () => listener.audioMs(since) > 0);
      expect(cluster.process.child.exitCode).toBeNull();
      expect((await cluster.scxs()).map(({ pid }) => pid)).toContain(scx.pid);
      expect(listener.isClosed).toBe(false);
      expect(listener.junkBytes).toBe(0);
    },
    close: async () => {
      listener.stop();
      await stage.close();
    },
  };
}
