/**
 * The command that starts an SCX process. Its launch document travels in the environment, which
 * other users cannot read, not in the arguments.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { LAUNCH_VARIABLE, type Launch } from '../../api/scx-launch.js';
import { childEnvironment } from '../../runtime/child-environment.js';

/**
 * The young generation of an SCX's heap, MiB: left alone it grows to 48 MiB when many listeners
 * come at once, and stays so; what an SCX allocates is short-lived. (Measured: 5 kB less for each
 * of 4,000 listeners.)
 */
const LEAN = ['--max-semi-space-size=2'];

/** The arguments of node. `entry`: the command line's main file. */
export const scxArguments = (entry: string, { session }: Launch): string[] => [
  ...LEAN,
  ...[entry, 'scx', '--session', session],
];

/** The descriptor in the SCX of a port that is held: the first after those of every process. */
const HTTP_FD = 3;

/**
 * Starts the process in a process group of its own, so that neither Ctrl-C at the front end's
 * terminal nor the front end's death ends it. `output`: where it writes; `httpSocket`: the
 * descriptor here of the socket on which it listens. Its IPC channel is for encoder-channel.ts.
 */
export const spawnScx = (
  entry: string,
  launch: Launch,
  output: number | 'inherit' | 'ignore',
  httpSocket: number | undefined,
): ChildProcess => {
  const inherited = httpSocket === undefined ? [] : [httpSocket];
  const held = httpSocket === undefined ? {} : { httpFd: HTTP_FD };
  const document: Launch = { ...launch, ...held, takesEncoders: true };
  return spawn(process.execPath, scxArguments(entry, launch), {
    detached: true,
    stdio: ['ignore', output, output, ...inherited, 'ipc'],
    env: childEnvironment({ [LAUNCH_VARIABLE]: JSON.stringify(document) }),
  });
};
