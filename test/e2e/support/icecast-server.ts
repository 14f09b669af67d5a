/**
 * A process of Icecast with a configuration of ours. It can be killed, and started again at the
 * same port.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './ports.js';
import { type Running, start, until } from './processes.js';

export interface IcecastServer {
  readonly pid: number;
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  kill(): Promise<void>;
  /** After a kill; resolves when it answers. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const NOBODY = 65_534;
/** Icecast 2.4.4 crashes at about one start in seventy on a busy machine, before it listens (measured). */
const TRIES_MAX = 5;

/** Icecast refuses to run as root: where the tests do, it is started as nobody. */
const asNobody = (command: readonly string[]): readonly string[] => {
  if (process.getuid?.() !== 0) return command;
  const nobody = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  return ['setpriv', ...nobody, ...command];
};

/**
 * Starts one; resolves when it answers.
 * @param configurationOf the XML, for a port and a folder that logs go to
 */
export async function startIcecastServer(
  configurationOf: (port: number, logs: string) => string,
): Promise<IcecastServer> {
  const directory = mkdtempSync(join(tmpdir(), 'scattercast-icecast-'));
  const logs = join(directory, 'logs');
  mkdirSync(logs);
  chmodSync(directory, 0o755);
  chmodSync(logs, 0o777);
  const port = await freePorts(1);
  const file = join(directory, 'icecast.xml');
  writeFileSync(file, configurationOf(port, logs));
  const url = `http://127.0.0.1:${port}`;
  const [program = '', ...args] = asNobody(['icecast2', '-c', file]);
  let server: Running;

  /** Whether it answers; false if it has crashed before. */
  const answers = async (): Promise<boolean> => {
    server = start(program, args);
    const crashed = server.exited.then(({ code, signal }) => {
      if (signal === 'SIGSEGV') return false;
      throw new Error(`Icecast has ended (${signal ?? code}): ${server.stderr()}`);
    });
    const answering = until('Icecast to answer', async () => {
      return (await fetch(`${url}/status-json.xsl`)).ok;
    });
    return Promise.race([answering, crashed]);
  };

  const restart = async (): Promise<void> => {
    for (let tries = 0; tries < TRIES_MAX; tries++) if (await answers()) return;
    throw new Error(`Icecast has crashed ${TRIES_MAX} times at its start`);
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
    ...{ port, url, kill, restart },
    close: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
