/**
 * A real Icecast server, with a source of its own. A test of it is skipped where it is not
 * installed.
 */
import { startIcecastServer } from './icecast-server.js';
import { CLIP, type Running, start, until } from './processes.js';

export const PASSWORD = 'hackme';

/** A mount in Icecast's own status. */
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

const configuration = (mounts: string, port: number, logs: string): string => `<icecast>
  <limits><clients>50</clients><sources>5</sources><source-timeout>5</source-timeout></limits>
  <authentication>
    <source-password>${PASSWORD}</source-password>
    <admin-user>admin</admin-user><admin-password>${PASSWORD}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  ${mounts}
  <paths>
    <logdir>${logs}</logdir><webroot>/usr/share/icecast2/web</webroot>
    <adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog></logging>
</icecast>`;

/** @param mounts settings of mounts, as XML */
export async function startIcecast(settings = ''): Promise<Icecast> {
  const server = await startIcecastServer((port, logs) => configuration(settings, port, logs));
  const { port, url: base } = server;
  const sources: Running[] = [];

  const mounts = async (): Promise<readonly MountView[]> => {
    const response = await fetch(`${base}/status-json.xsl`);
    const { icestats } = (await response.json()) as { icestats: { source?: unknown } };
    return [icestats.source ?? []].flat() as MountView[];
  };

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
    kill: server.kill,
    restart: server.restart,
    close: async () => {
      for (const source of sources) source.child.kill('SIGKILL');
      await Promise.all(sources.map(({ exited }) => exited));
      await server.close();
    },
  };
}
