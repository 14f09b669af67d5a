/** Starts the load process (load.c), and reports its progress to the caller. */
import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Running, start } from '../../../test/e2e/support/processes.js';

export interface LoadOptions {
  /** The compiled load.c. */
  readonly program: string;
  readonly listeners: number;
  /** New ones in a second. */
  readonly rate: number;
  /** From the first byte of the last listener to the window, s. */
  readonly settleS: number;
  /** Of the window, s. */
  readonly seconds: number;
  readonly icy: boolean;
  /** Whether it has a lower priority than the server on its core. */
  readonly nice: boolean;
  /** Further listeners per second within the window; each leaves at its first byte. */
  readonly newcomersPerSecond: number;
  /** `http://IP:PORT/PATH`; listeners take them in turn. */
  readonly urls: readonly string[];
}

interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

interface Group {
  readonly count: number;
  /** No connection, no answer, or another one than 200. */
  readonly refused: number;
  /** By the server, after it had begun. */
  readonly closed: number;
  /** Without a byte of sound when the window ended. */
  readonly silent: number;
  /** What the slowest listener got in the window. */
  readonly slowestBytes: number;
  /** null: no listener got a byte. */
  readonly firstByteMs: Spread | null;
  readonly gapMs: Spread | null;
}

/** What load.c prints. */
export interface LoadReport {
  readonly seconds: number;
  /** Of sound, ICY blocks included, in the window. */
  readonly bytes: number;
  readonly cpuSeconds: number;
  readonly listeners: Group;
  readonly newcomers: Group;
}

/** Listeners that are connecting, or connected. */
export interface Load {
  /** The window begins. */
  readonly steady: Promise<unknown>;
  /** The window is over; all connections are still open. */
  readonly report: Promise<LoadReport>;
  /** Closes all connections. */
  end(): Promise<void>;
}

const NICE = 10;
/** Longer than any window takes on a shared machine, ms. */
const SLACK_MS = 180_000;
/** Until a server has noticed that all listeners are gone, ms. */
const GOODBYE_MS = 1000;

const argumentsOf = (options: LoadOptions): string[] => [
  ...[options.listeners, options.rate, options.settleS, options.seconds].map(String),
  ...[options.icy ? '1' : '0', String(options.newcomersPerSecond)],
  ...options.urls.map((url) => url.replace(/^http:\/\//, '')),
];

async function end(process: Running): Promise<void> {
  process.child.stdin?.end();
  await process.exited;
  await pause(GOODBYE_MS);
}

/** Starts to connect. */
export function startLoad(options: LoadOptions): Load {
  const process = start(options.program, argumentsOf(options));
  if (options.nice) setPriority(process.pid, NICE);
  const { listeners, rate, settleS, seconds } = options;
  const patienceMs = (listeners / rate + settleS + seconds) * 1000 + SLACK_MS;
  const ended = process.exited.then(() => {
    throw new Error(`the load process ended early: ${process.stderr()}`);
  });
  ended.catch(() => undefined);
  const steady = Promise.race([process.line(/^steady$/m, patienceMs), ended]);
  const report = Promise.race([process.line(/^(\{.*\})$/m, patienceMs), ended]).then(
    ([, json = '']) => JSON.parse(json) as LoadReport,
  );
  report.catch(() => undefined);
  return { steady, report, end: () => end(process) };
}
