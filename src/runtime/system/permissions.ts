/**
 * Confines a process of ours to the files that it needs, by Node's permission model: a mistake that
 * lets a stranger choose a path then leads nowhere. The model is no sandbox for foreign code, and
 * does not need to be: none runs there. Measured: no difference in processor time at the start.
 *
 * The system enforces more where it can (scripts/packaging/systemd): this is what is left on every
 * system, for the processes that read what strangers send.
 */
import { fileURLToPath } from 'node:url';
import { packageFile } from '../package-files.js';

/** What a process may do besides running the program. Paths are absolute. */
export interface Permissions {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  /** It may start processes. They are confined by flags of their own. */
  readonly startsProcesses?: boolean;
  /** It may start threads. They run this program, and are not confined by the model. */
  readonly startsThreads?: boolean;
}

/** What a process of this program asks Linux about itself; `fd` are the folders, not the files. */
export const OWN_FACTS = [
  '/proc/self/cmdline',
  '/proc/self/fd',
  '/proc/self/limits',
  '/proc/self/net/tcp',
  '/proc/self/net/tcp6',
  '/proc/self/stat',
  '/proc/self/status',
  '/dev/fd',
] as const;

const PROGRAM = [
  `${fileURLToPath(packageFile('dist/'))}*`,
  fileURLToPath(packageFile('package.json')),
];

/** Node says at each start that the model is young, and that children are not confined by it. */
const QUIET = ['ExperimentalWarning', 'SecurityWarning'].map((kind) => `--disable-warning=${kind}`);

/** The model's name in this version of Node, the new one first; undefined: it has none. */
const MODEL = ['--permission', '--experimental-permission'].find((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
);

/** Newer versions of Node confine the network as well. */
const NETWORK = ['--allow-net'].filter((flag) => process.allowedNodeEnvironmentFlags.has(flag));

/** Whether this process is confined; then those that it starts are to be confined as well. */
export const isConfined = (): boolean =>
  'permission' in process && process.permission !== undefined;

/** The arguments of node that confine a process; none if it is not to be, or cannot be confined. */
export function permissionFlags(confined: boolean, permissions: Permissions): readonly string[] {
  if (!confined || MODEL === undefined) return [];
  const { read = [], write = [], startsProcesses = false, startsThreads = false } = permissions;
  const readable = [...PROGRAM, ...OWN_FACTS, ...read];
  return [
    ...[MODEL, ...QUIET, ...NETWORK],
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...write.map((path) => `--allow-fs-write=${path}`),
    ...(startsProcesses ? ['--allow-child-process'] : []),
    ...(startsThreads ? ['--allow-worker'] : []),
  ];
}
