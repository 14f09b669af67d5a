/**
 * The command that starts an SCX process, and what is known of it before its launch: the program, and
 * the files that it may use. Its launch document follows over the IPC channel (waiting-scx.ts), or, for
 * a successor, in the environment; never in the arguments, which other users can read.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Launch } from '../../api/scx-launch.js';
import { childEnvironment } from '../../runtime/child-environment.js';
import { permissionFlags } from '../../runtime/system/permissions.js';

/**
 * The young generation of an SCX's heap, MiB: left alone it grows to 48 MiB when many listeners
 * come at once, and stays so; what an SCX allocates is short-lived. (Measured: 5 kB less for each
 * of 4,000 listeners.)
 */
export const LEAN_SCX = ['--max-semi-space-size=2'];

/**
 * A spare has time: it compiles all of its program as it loads it, not each function when it is called
 * first. (Measured: an SCX then needs 100 ms of a processor until its first listener hears, instead of
 * 150, and has 4 MB more.)
 */
const EAGER = ['--no-lazy'];

/** The files that all SCXs of a cluster use. */
export type ScxFiles = Pick<Launch, 'certificate' | 'accessLog' | 'recording'>;

/** The program that SCXs are. */
export interface ScxProgram {
  /** The command line's main file. */
  readonly entry: string;
  /** SCXs may only use the files that they need. */
  readonly confined: boolean;
  readonly files: ScxFiles;
}

/** The files of an SCX: its certificate, its access log, recordings, and the order to hand over. */
function permissionsOf({ certificate, accessLog, recording }: ScxFiles, successorFile: string) {
  const keys = certificate === undefined ? [] : [certificate.cert, certificate.key];
  const logs = accessLog === undefined ? [] : [accessLog, `${accessLog}.1`];
  // This includes the folder itself; naming both aborts Node 20.
  const roots = [recording, recording?.foreign].flatMap((where) => where?.root ?? []);
  const recordings = roots.map((root) => `${root}/*`);
  const written = [...logs, successorFile, ...recordings];
  const starts = { startsProcesses: true, startsThreads: true };
  return { read: [...keys, ...written], write: written, ...starts };
}

/** Names the file of a process's orders; `ps` shows it, and so a front end finds it again. */
export const ORDERS_FLAG = '--orders';

/** The arguments of node for an SCX whose orders lie in `successorFile`. */
export const scxArguments = (
  { entry, confined, files }: ScxProgram,
  successorFile: string,
): string[] => [
  ...LEAN_SCX,
  ...permissionFlags(confined, permissionsOf(files, successorFile)),
  ...[entry, 'scx', ORDERS_FLAG, successorFile],
];

/** How a process is started. */
export interface ScxStart {
  /** Where its orders will lie. */
  readonly successorFile: string;
  /** Where it writes. */
  readonly output: number | 'inherit' | 'ignore';
  /** Nobody waits for it yet. */
  readonly isSpare: boolean;
}

/**
 * Starts the process in a process group of its own, so that neither Ctrl-C at the front end's
 * terminal nor the front end's death ends it.
 */
export const spawnScx = (
  program: ScxProgram,
  { successorFile, output, isSpare }: ScxStart,
): ChildProcess =>
  spawn(process.execPath, [...(isSpare ? EAGER : []), ...scxArguments(program, successorFile)], {
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
    env: childEnvironment({}),
  });
