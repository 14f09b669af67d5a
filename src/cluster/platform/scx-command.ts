/**
 * The command that starts an SCX process. Its launch document travels in the environment, which
 * other users cannot read, not in the arguments.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { LAUNCH_VARIABLE, type Launch } from '../../api/scx-launch.js';
import { childEnvironment } from '../../runtime/child-environment.js';
import { permissionFlags } from '../../runtime/system/permissions.js';

/**
 * The young generation of an SCX's heap, MiB: left alone it grows to 48 MiB when many listeners
 * come at once, and stays so; what an SCX allocates is short-lived. (Measured: 5 kB less for each
 * of 4,000 listeners.)
 */
const LEAN = ['--max-semi-space-size=2'];

/** The program that SCXs are. */
export interface ScxProgram {
  /** The command line's main file. */
  readonly entry: string;
  /** SCXs may only use the files that they need. */
  readonly confined: boolean;
}

/** The files of an SCX: its certificate, its access log, and the order to hand over. */
function permissionsOf({ certificate, accessLog, successorFile }: Launch) {
  const keys = certificate === undefined ? [] : [certificate.cert, certificate.key];
  const logs = accessLog === undefined ? [] : [accessLog, `${accessLog}.1`];
  const written = [...logs, ...(successorFile === undefined ? [] : [successorFile])];
  return { read: [...keys, ...written], write: written, startsProcesses: true };
}

/** The arguments of node. */
export const scxArguments = ({ entry, confined }: ScxProgram, launch: Launch): string[] => [
  ...LEAN,
  ...permissionFlags(confined, permissionsOf(launch)),
  ...[entry, 'scx', '--session', launch.session],
];

/** The descriptor in the SCX of a port that is held: the first after those of every process. */
const HTTP_FD = 3;

/**
 * Starts the process in a process group of its own, so that neither Ctrl-C at the front end's
 * terminal nor the front end's death ends it. `output`: where it writes; `httpSocket`: the
 * descriptor here of the socket on which it listens. Its IPC channel is for encoder-channel.ts.
 */
export const spawnScx = (
  program: ScxProgram,
  launch: Launch,
  output: number | 'inherit' | 'ignore',
  httpSocket: number | undefined,
): ChildProcess => {
  const inherited = httpSocket === undefined ? [] : [httpSocket];
  const held = httpSocket === undefined ? {} : { httpFd: HTTP_FD };
  const document: Launch = { ...launch, ...held, takesEncoders: true };
  return spawn(process.execPath, scxArguments(program, launch), {
    detached: true,
    stdio: ['ignore', output, output, ...inherited, 'ipc'],
    env: childEnvironment({ [LAUNCH_VARIABLE]: JSON.stringify(document) }),
  });
};
