/** A real Icecast server, with a source of its own. A test of it is skipped where it is not installed. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './ports.js';
import { CLIP, type Running, start, until } from './processes.js';

export const PASSWORD = 'hackme';

const NOBODY = 65_534;

/** What Icecast's own status tells of a mount. */
interface MountView {
  readonly listenurl: string;
  readonly title?: string;
  readonly server_name?: string;
  readonly bitrate?: number;
}

export interface Icecast {
  readonly port: number;
  readonly url: (mount: string) => string;
  mounts(): Promise<readonly MountView[]>;
  /** Sends the clip to a mount, over and over, frame by frame as it is. */
  feed(mount: string): Promise<Running>;
  setTitle(mount: string, title: string): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

const configuration = (directory: string, port: number): string => `<icecast>
  <limits><clients>50</clients><sources>5</sources><source-timeout>5</source-timeout></limits>
  <authentication>
    <source-password>${PASSWORD}</source-password>
    <admin-user>admin</admin-user><admin-password>${PASSWORD}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <paths>
    <logdir>${directory}</logdir><webroot>/usr/share/icecast2/web</webroot>
    <adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog></logging>
</icecast>`;

/** Icecast does not run as root; who is root starts it as nobody. */
export const asNobody = (command: readonly string[]): readonly string[] => {
  if (process.getuid?.() !== 0) return command;
  const nobody = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  return ['setpriv', ...nobody, ...command];
};

function startServer(file: string): Running {
  const [program = '', ...args] = asNobody(['icecast2', '-c', file]);
  return start(program, args);
}

export async function startIcecast(): Promise<Icecast> {
  const directory = mkdtempSync(join(tmpdir(), 'scattercast-icecast-'));
  chmodSync(directory, 0o777);
  const port = await freePorts(1);
  const file = join(directory, 'icecast.xml');
  writeFileSync(file, configuration(directory, port));
  const base = `http://127.0.0.1:${port}`;
  const sources: Running[] = [];
  let server: Running;

  const mounts = async (): Promise<readonly MountView[]> => {
    const response = await fetch(`${base}/status-json.xsl`);
    const { icestats } = (await response.json()) as { icestats: { source?: unknown } };
    return [icestats.source ?? []].flat() as MountView[];
  };
  const restart = async (): Promise<void> => {
    server = startServer(file);
    await until('Icecast to listen', async () => (await mounts()) !== undefined);
  };
  const kill = async (): Promise<void> => {
    server.child.kill('SIGKILL');
    await server.exited;
  };

  await restart();
  return {
    port,
    url: (mount) => `${base}${mount}`,
    mounts,
    feed: async (mount) => {
      const clip = ['-re', '-stream_loop', '-1', '-i', CLIP, '-map', '0:a', '-c', 'copy'];
      const plain = ['-write_xing', '0', '-id3v2_version', '0', '-f', 'mp3'];
      const to = `icecast://source:${PASSWORD}@127.0.0.1:${port}${mount}`;
      const source = start('ffmpeg', ['-nostdin', '-v', 'error', ...clip, ...plain, to]);
      sources.push(source);
      await until('the mount to be there', async () =>
        (await mounts()).some(({ listenurl }) => listenurl.endsWith(mount)),
      );
      return source;
    },
    setTitle: async (mount, title) => {
      const query = new URLSearchParams({ mount, mode: 'updinfo', charset: 'UTF-8', song: title });
      const authorization = `Basic ${Buffer.from(`source:${PASSWORD}`).toString('base64')}`;
      await fetch(`${base}/admin/metadata?${query}`, { headers: { authorization } });
    },
    kill,
    restart,
    close: async () => {
      for (const source of sources) source.child.kill('SIGKILL');
      await Promise.all(sources.map(({ exited }) => exited));
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
