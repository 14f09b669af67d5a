/**
 * An Icecast server as Debian packages it: the packaged limits (burst 64 KiB, queue 512 KiB), only the number
 * of clients is raised. It can be killed, and started again at the same port.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import { asNobody } from '../../../test/e2e/support/icecast.js';
import { freePorts } from '../../../test/e2e/support/ports.js';
import { type Running, start, until } from '../../../test/e2e/support/processes.js';

/** Of sources, relays and the administrator. */
export const PASSWORD = 'bench';

export interface IcecastSettings {
  readonly clients: number;
  /** Of the server whose mounts it relays, and how often it looks for them, s. */
  readonly master?: { readonly port: number; readonly updateS: number };
}

export interface IcecastServer {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  kill(): Promise<void>;
  /** After a kill. Resolves when it answers. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const relay = ({ master }: IcecastSettings): string =>
  master === undefined
    ? ''
    : `<master-server>127.0.0.1</master-server>
  <master-server-port>${master.port}</master-server-port>
  <master-update-interval>${master.updateS}</master-update-interval>
  <master-password>${PASSWORD}</master-password>`;

const configuration = (port: number, logs: string, settings: IcecastSettings): string => `<icecast>
  <limits>
    <clients>${settings.clients}</clients><sources>2</sources><queue-size>524288</queue-size>
    <client-timeout>30</client-timeout><header-timeout>15</header-timeout>
    <source-timeout>10</source-timeout>
    <burst-on-connect>1</burst-on-connect><burst-size>65535</burst-size>
  </limits>
  <authentication>
    <source-password>${PASSWORD}</source-password><relay-password>${PASSWORD}</relay-password>
    <admin-user>admin</admin-user><admin-password>${PASSWORD}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  ${relay(settings)}
  <fileserve>1</fileserve>
  <paths>
    <basedir>/usr/share/icecast2</basedir><logdir>${logs}</logdir>
    <webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging>
    <accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel>
  </logging>
</icecast>
`;

/** Throws what the user can mend where Icecast is not installed; `otherwise`: how to do without it. */
export function findIcecast(otherwise: string): void {
  try {
    execFileSync('icecast2', ['-v'], { stdio: 'pipe' });
  } catch {
    const advice = `install Debian's "icecast2", or leave it out with ${otherwise}`;
    throw new UserError(EXIT.file, `there is no icecast2 here: ${advice}`);
  }
}

/** Resolves when it answers. */
export async function startIcecastServer(settings: IcecastSettings): Promise<IcecastServer> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-icecast-'));
  const logs = join(directory, 'logs');
  mkdirSync(logs);
  chmodSync(directory, 0o755);
  chmodSync(logs, 0o777);
  const port = await freePorts(1);
  const file = join(directory, 'icecast.xml');
  writeFileSync(file, configuration(port, logs, settings));
  const url = `http://127.0.0.1:${port}`;
  const [program = '', ...args] = asNobody(['icecast2', '-c', file]);
  let server: Running;

  const restart = async (): Promise<void> => {
    server = start(program, args);
    await until('Icecast', async () => (await fetch(`${url}/status-json.xsl`)).ok);
  };
  const kill = async (): Promise<void> => {
    server.child.kill('SIGKILL');
    await server.exited;
  };

  await restart();
  return {
    get pid() {
      return server.pid;
    },
    port,
    url,
    kill,
    restart,
    close: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
