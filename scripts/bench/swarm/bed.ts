/**
 * A test bed: a real Docker Swarm of several managers on this machine. Each manager is an engine in a
 * network namespace of its own, with a host name of its own, which is its address; a bridge joins
 * them. We are on the bridge as well, like a player.
 *
 * Everything runs within namespaces for processes, mounts and the network that this process is the
 * first of: when it ends, however it ends, the kernel ends the engines and their containers and
 * unmounts their file systems. What lies in the temporary directory is removed at an orderly end,
 * Ctrl-C included.
 *
 * The traps that this file knows: the kernel may lack IP_VS, so there is no ingress network; engines
 * are started by nsenter, as `ip netns exec` hides the cgroups; no registry is asked, so the image is
 * imported into each engine, and offline images must be preferred.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import { closeOnSignal } from '../machine/close-on-signal.js';

/** A manager of the Swarm. */
export interface Machine {
  /** Also its host name. */
  readonly address: string;
  /** The socket of its engine, a path. */
  readonly socket: string;
  /** Runs `docker` with its engine; returns what it prints. Throws a UserError. */
  docker(...args: string[]): string;
  /** The same; undefined if that fails. */
  tries(...args: string[]): string | undefined;
  /** What a container has written. */
  logs(container: string): string;
  /** Cuts its only link; `mend` joins it again. */
  cut(): void;
  mend(): void;
  /** Fills the disk on which the data of containers are; `emptyDisk` makes room again. */
  fillDisk(): void;
  emptyDisk(): void;
  /** Kills its engine; its containers are gone as well, as on a machine that dies. */
  kill(): Promise<void>;
  /** Starts its engine again. */
  start(): Promise<void>;
}

export interface Bed {
  readonly directory: string;
  readonly machines: readonly Machine[];
  close(): Promise<void>;
}

/** Set in the process that is the first of its namespaces. */
const INSIDE = 'SCATTERCAST_SWARM_BED';
const NETWORK = '10.77.0';
const BRIDGE = 'bed';

const NAMESPACES = [
  ...['--net', '--mount', '--ipc', '--pid', '--fork', '--mount-proc'],
  '--kill-child=SIGTERM', // so that this process ends in order
];

/** The beginning of a command that runs where a bed can be opened; undefined: we are there. */
export const intoBed = (): readonly string[] | undefined =>
  process.env[INSIDE] === undefined ? ['unshare', ...NAMESPACES, 'env', `${INSIDE}=1`] : undefined;

/** What engines that were killed have left: only groups without processes can be removed. */
const REMOVE_CGROUPS = 'find /sys/fs/cgroup/*/docker -depth -type d -exec rmdir {} + 2>/dev/null';

/**
 * All containers are one group, which gets as much of the processors as one process beside it, unless
 * it is given more: then a busy machine would starve the ten processes of a bed, as no real one does.
 */
const GROUP = '/sys/fs/cgroup/cpu/docker';
const GROUP_SHARES = 16 * 1024;

function shareProcessors(): void {
  try {
    mkdirSync(GROUP, { recursive: true });
    writeFileSync(`${GROUP}/cpu.shares`, `${GROUP_SHARES}`);
  } catch {
    // cgroups of another kind
  }
}

const ip = (...args: string[]): void => void execFileSync('ip', args);

/** Resolves when `holds` does; rejects after a while. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (holds()) return;
    await pause(100);
  }
  throw new UserError(EXIT.unreachable, `waited in vain for ${what}`);
}

/** A process that only has a network and a host name: other processes enter them. */
function openHost(index: number, address: string): ChildProcess {
  const settle = `hostname ${address}; echo ready; exec sleep infinity`;
  const host = spawn('unshare', ['--net', '--uts', 'sh', '-c', settle], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const link = `bed${index}`;
  const within = (...args: string[]): void =>
    void execFileSync('nsenter', [`--net=/proc/${host.pid}/ns/net`, 'ip', ...args]);
  host.stdout?.once('data', () => {
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${host.pid}`);
    within('link', 'set', 'lo', 'up');
    within('addr', 'add', `${address}/24`, 'dev', 'eth0');
    within('link', 'set', 'eth0', 'up');
    ip('link', 'set', link, 'master', BRIDGE);
    ip('link', 'set', link, 'up');
    host.emit('linked');
  });
  return host;
}

const networkOf = (pid: string): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined; // it has ended meanwhile
  }
};

/** Ends all other processes in the network of a host: its engine's containers and their keepers. */
function endGuestsOf({ pid: host }: ChildProcess): void {
  const network = networkOf(`${host}`);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== `${host}`);
  for (const pid of pids) {
    if (network === undefined || networkOf(pid) !== network) continue;
    spawnSync('kill', ['-9', pid]); // it may have ended meanwhile
  }
}

function enginesCommand(host: ChildProcess, folder: string): readonly string[] {
  const enter = [`--net=/proc/${host.pid}/ns/net`, `--uts=/proc/${host.pid}/ns/uts`];
  const places = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`];
  const files = ['--pidfile', `${folder}/pid`, '--host', `unix://${folder}/docker.sock`];
  return [...enter, 'dockerd', ...places, ...files, '--iptables=false', '--bridge=none'];
}

/** A small disk for the data of containers. The engine has mounted the directory above on itself before. */
function mountSmall(volumes: string): void {
  mkdirSync(volumes, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=701`, 'tmpfs', volumes]);
}

const DISK_BYTES = 16 * 1024 * 1024;

function fill(volumes: string): void {
  const { bavail, bsize, blocks } = statfsSync(volumes);
  if (blocks * bsize > DISK_BYTES) throw new Error(`${volumes} is no disk of its own`);
  writeFileSync(`${volumes}/filler`, Buffer.alloc(bavail * bsize));
}

async function openMachine(directory: string, index: number): Promise<Machine & Closable> {
  const address = `${NETWORK}.${index}`;
  const folder = join(directory, address); // so that stack files can name it: {{.Node.Hostname}}
  mkdirSync(folder);
  const volumes = `${folder}/data/volumes`;
  const host = openHost(index, address);
  await new Promise((resolve) => host.once('linked', resolve));
  const socket = `${folder}/docker.sock`;
  let engine: ChildProcess | undefined;
  const run = (args: string[]) =>
    spawnSync('docker', ['--host', `unix://${socket}`, ...args], { encoding: 'utf8' });
  const machine: Machine & Closable = {
    address,
    socket,
    docker: (...args) => {
      const { status, stdout, stderr } = run(args);
      if (status === 0) return stdout.trim();
      throw new UserError(EXIT.refused, `docker ${args.join(' ')}: ${stdout}${stderr}`);
    },
    tries: (...args) => {
      const { status, stdout } = run(args);
      return status === 0 ? stdout.trim() : undefined;
    },
    logs: (container) => {
      const { stdout, stderr } = run(['logs', container]);
      return `${stdout}${stderr}`;
    },
    cut: () => ip('link', 'set', `bed${index}`, 'down'),
    mend: () => ip('link', 'set', `bed${index}`, 'up'),
    fillDisk: () => fill(volumes),
    emptyDisk: () => rmSync(`${volumes}/filler`, { force: true }),
    kill: async () => {
      const ended = engine && new Promise((resolve) => engine?.once('exit', resolve));
      engine?.kill('SIGKILL');
      await ended;
      endGuestsOf(host);
      engine = undefined;
    },
    start: async () => {
      // Of engines that were killed: their processes have no parent here who would collect them.
      for (const file of ['pid', 'exec/containerd/containerd.pid']) {
        rmSync(`${folder}/${file}`, { force: true });
      }
      const output = openSync(`${folder}/log`, 'a');
      engine = spawn('nsenter', [...enginesCommand(host, folder)], {
        stdio: ['ignore', output, output],
        env: { ...process.env, DOCKER_SERVICE_PREFER_OFFLINE_IMAGE: '1' },
      });
      await until('an engine', () => machine.tries('info') !== undefined);
    },
    stop: async () => {
      const ended = engine && new Promise((resolve) => engine?.once('exit', resolve));
      engine?.kill('SIGTERM');
      await Promise.race([ended, pause(15_000, undefined, { ref: false })]);
      endGuestsOf(host);
      spawnSync('sh', [
        '-c',
        `umount -l ${folder}/exec/netns/* ${volumes} ${folder}/data 2>/dev/null`,
      ]);
      host.kill('SIGKILL');
    },
  };
  await machine.start();
  mountSmall(volumes);
  return machine;
}

interface Closable {
  stop(): Promise<void>;
}

/** Makes the engines one Swarm, in which a machine that is gone is noticed after seconds. */
function joinSwarm([first, ...others]: readonly Machine[]): void {
  if (first === undefined) return;
  const at = (address: string): string[] => [
    ...['--advertise-addr', address, '--listen-addr', `${address}:2377`],
  ];
  first.docker('swarm', 'init', ...at(first.address), '--dispatcher-heartbeat', '1s');
  const token = first.docker('swarm', 'join-token', '--quiet', 'manager');
  for (const other of others) {
    other.docker('swarm', 'join', '--token', token, ...at(other.address), `${first.address}:2377`);
  }
}

/**
 * Opens a Swarm of this many managers, at 10.77.0.1 and so on; we are 10.77.0.254. It takes three
 * seconds. When it fails, what it has started is gone again.
 */
export async function openBed(count: number): Promise<Bed> {
  if (intoBed() !== undefined) throw new Error('a bed is opened within its namespaces: intoBed()');
  const directory = mkdtempSync(join(tmpdir(), 'scattercast-bed-'));
  const opened: (Machine & Closable)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    await Promise.all(opened.map((machine) => machine.stop()));
    spawnSync('sh', ['-c', REMOVE_CGROUPS]);
    rmSync(directory, { recursive: true, force: true });
  };
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  closeOnSignal(close);
  try {
    shareProcessors();
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', BRIDGE, 'type', 'bridge');
    ip('addr', 'add', `${NETWORK}.254/24`, 'dev', BRIDGE);
    ip('link', 'set', BRIDGE, 'up');
    for (let index = 1; index <= count; index++) opened.push(await openMachine(directory, index));
    joinSwarm(opened);
  } catch (error) {
    await close();
    throw error;
  }
  return { directory, machines: opened, close };
}
