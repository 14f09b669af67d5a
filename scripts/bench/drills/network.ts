/**
 * The network of a drill: a host for each cluster, and links between them whose delay and loss can
 * be set (links.c). We are host 0, whose own links are perfect, as they are no part of the drill.
 *
 * It needs network namespaces. Without them all clusters are on this host, and links cannot be
 * changed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { start } from '../../../test/e2e/support/processes.js';
import type { Host } from '../../../test/e2e/support/stage.js';
import type { Row } from '../benchmark.js';
import { compile } from '../machine/compile.js';

/** One way of a link. */
interface Link {
  readonly delayMs: number;
  /** The most that is added to the delay, at random, ms. */
  readonly jitterMs: number;
  /** The share of packets that are lost; 1: the link is cut. */
  readonly loss: number;
}

export interface Network {
  /** Ours comes first. */
  readonly hosts: readonly Host[];
  /** Both ways of a link; undefined where links cannot be changed. */
  readonly change: ((one: number, other: number, link: Link) => void) | undefined;
  close(): Promise<void>;
}

/** Set in a process that has a namespace of its own for host 0. */
const INSIDE = 'SCATTERCAST_DRILL_NAMESPACE';
const FIRST_NAMESPACE_FD = 100;

/** The beginning of a command that runs in a new network namespace, as root of it. */
const unshare = (): readonly string[] =>
  process.getuid?.() === 0 ? ['unshare', '--net'] : ['unshare', '--map-root-user', '--net'];

const runs = ([program = '', ...args]: readonly string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** The beginning of this same command in a namespace; undefined: it has one, or cannot get one. */
export function intoNamespace(): readonly string[] | undefined {
  if (process.env[INSIDE] !== undefined) return undefined;
  const probe = [...unshare(), 'test', '-c', '/dev/net/tun'];
  return runs(probe) ? [...unshare(), 'env', `${INSIDE}=1`] : undefined;
}

/** Runs this same command in a network namespace of its own; returns its rows. */
export async function runWithin(prefix: readonly string[]): Promise<Row[]> {
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1), '--json'];
  const [program = '', ...args] = [...prefix, ...self];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  // Ctrl-C reaches the child as well, which cleans up; other signals are passed on.
  process.on('SIGINT', () => undefined);
  // A program that forks passes no signal on; its own end tells its child to end in order.
  const isForked = prefix.includes('--fork');
  process.on('SIGTERM', () => child.kill(isForked ? 'SIGKILL' : 'SIGTERM'));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) process.exit(Number(code ?? 1));
  return (JSON.parse(output) as { rows: Row[] }).rows;
}

function openLoopback(count: number): Network {
  const here = { address: '127.0.0.1', within: [] };
  const hosts = Array.from({ length: count + 1 }, () => here);
  return { hosts, change: undefined, close: async () => undefined };
}

/** Opens `count` hosts beside ours; the program that links them is compiled into `directory`. */
export async function openNetwork(count: number, directory: string): Promise<Network> {
  if (process.env[INSIDE] === undefined) return openLoopback(count);
  const links = start(compile('drills/links', directory), [String(count + 1)]);
  await links.line(/^ready$/m);
  const hosts = Array.from({ length: count + 1 }, (_, host) => ({
    address: `10.77.${host}.1`,
    within: ['nsenter', `--net=/proc/${links.pid}/fd/${FIRST_NAMESPACE_FD + host}`],
  }));
  return {
    hosts,
    change: (one, other, { delayMs, jitterMs, loss }) => {
      const values = `${delayMs} ${jitterMs} ${loss}`;
      links.child.stdin?.write(`${one} ${other} ${values}\n${other} ${one} ${values}\n`);
    },
    close: async () => {
      links.child.stdin?.end();
      await links.exited;
    },
  };
}
