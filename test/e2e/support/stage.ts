/**
 * Real processes for end-to-end tests: clusters, broadcasters and players, started from the build as a
 * user starts them, and ended by id. Whatever a test starts through a stage is gone when it closes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const ROOT = resolve(import.meta.dirname, '../../..');
export const CLIP = join(ROOT, 'web/demo/clip.mp3');

/** A process that has been started; its output is kept, bounded. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Waits for a line of stdout or stderr. */
  line(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

interface ScxView {
  readonly id: string;
  readonly pid: number;
  readonly httpUrl: string;
  readonly overlayAddress: string;
  readonly rendezvous: boolean;
  readonly listeners: number;
  readonly attachedSources: number;
  readonly title: string | null;
  readonly neighbours: readonly { readonly id: string }[];
  readonly disturbances: {
    readonly failovers: Readonly<Record<string, number>>;
    readonly lost: Readonly<Record<string, number>>;
  };
  readonly sources: readonly {
    readonly id: string;
    readonly costMs: number | null;
    readonly path: readonly string[];
    readonly flows: readonly {
      readonly channel: number;
      readonly parent: string | null;
      readonly missed: number;
      readonly delivered: number;
    }[];
  }[];
}

export interface StatusView {
  readonly cluster: { readonly scxs: number };
  readonly sessions: readonly {
    readonly session: string;
    readonly onAir: boolean;
    readonly listeners: number;
    readonly title: string | null;
    readonly scxs: readonly ScxView[];
  }[];
}

export interface Cluster {
  readonly host: Host;
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** The command line that starts it again at the same place. */
  readonly arguments: readonly string[];
  /** The front end. */
  readonly process: Running;
  /** Starts its front end again, which has ended, as it was. */
  again(): Promise<void>;
  status(): Promise<StatusView>;
  scxs(): Promise<readonly ScxView[]>;
}

/** A host of its own on this machine: what a command begins with to run there. */
export interface Host {
  readonly address: string;
  readonly within: readonly string[];
}

const THIS_HOST: Host = { address: '127.0.0.1', within: [] };

interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly host?: Host;
}

interface ClusterSettings {
  readonly host?: Host;
  readonly port?: number;
  readonly dataDir?: string;
  readonly extra?: readonly string[];
}

/** What `announce` prints once. */
interface Secrets {
  readonly password: string;
  readonly token: string;
  /** Of webhooks, if there are any. */
  readonly webhook: string | undefined;
}

export interface Stage {
  readonly directory: string;
  run(args: readonly string[], options?: RunOptions): Running;
  cluster(settings?: ClusterSettings): Promise<Cluster>;
  /** Announces at a cluster; returns the announcement's URL, and remembers its secrets. */
  announce(cluster: Cluster, name: string, ...extra: string[]): Promise<string>;
  /** What was printed when the session was announced first. */
  secretsOf(announcement: string): Secrets;
  /** The same session is announced at another URL, too. */
  share(announcement: string, secrets: Secrets): void;
  /** Broadcasts, with the password that was announced; resolves when it is on the air. */
  broadcast(cluster: Cluster, announcement: string, ...args: string[]): Promise<Running>;
  close(): Promise<void>;
}

/** Many clusters may be opened at once, on a busy machine, ms. */
const OPEN_WITHIN_MS = 40_000;
const OUTPUT_MAX = 4 * 1024 * 1024;

/** Waits until a check gives a value. */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await Promise.resolve(check()).catch(() => undefined);
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await pause(25);
  }
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Starts any program. */
export function start(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Running {
  const child = spawn(program, args, { cwd: ROOT, env: env ?? process.env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (stdout.length < OUTPUT_MAX) stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < OUTPUT_MAX) stderr += chunk;
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.on('error', (error) => {
      stderr += String(error);
      done({ code: null, signal: null });
    });
    child.on('close', (code, signal) => done({ code, signal }));
  });
  let isOver = false;
  void exited.then(() => {
    isOver = true;
  });
  return {
    child,
    pid: child.pid ?? -1,
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    line: (pattern, withinMs = 20_000) =>
      until(
        `${pattern} from ${program} ${args.join(' ')}`,
        () => {
          const found = stdout.match(pattern) ?? stderr.match(pattern);
          if (found === null && isOver) throw new Error('it ended');
          return found ?? undefined;
        },
        withinMs,
      ).catch((error: Error) => {
        throw new Error(`${error.message}; it said: ${stdout.slice(-2000)} ${stderr.slice(-4000)}`);
      }),
  };
}

/** An empty stage. */
export function createStage(): Stage {
  const directory = mkdtempSync(join(tmpdir(), 'scattercast-e2e-'));
  const running: Running[] = [];
  const clusters: Cluster[] = [];
  /** SCXs outlive their front end: each one seen is remembered, and ended in the end. */
  const scxPids = new Set<number>();
  const secrets = new Map<string, Secrets>();
  let count = 0;

  const run: Stage['run'] = (args, options) => {
    const env = { ...process.env, SCATTERCAST_CONFIG: '', ...options?.env };
    const { within } = options?.host ?? THIS_HOST;
    const [program = '', ...rest] = [...within, process.execPath, '.', ...args];
    const started = start(program, rest, env);
    running.push(started);
    return started;
  };

  const statusOf = async (url: string): Promise<StatusView> => {
    const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(3000) });
    const status = (await response.json()) as StatusView;
    for (const scx of status.sessions.flatMap((s) => s.scxs)) scxPids.add(scx.pid);
    return status;
  };

  const cluster: Stage['cluster'] = async (settings = {}) => {
    const dataDir = settings.dataDir ?? join(directory, `cluster-${count++}`);
    const host = settings.host ?? THIS_HOST;
    const at = ['--host', host.address, '--listen', host.address];
    const argumentsFor = (port: number): readonly string[] => [
      ...['cluster', '--port', String(port), ...at],
      ...['--data', dataDir, '--scx-ports', 'any', '--allow-private'],
      ...(settings.extra ?? []),
    ];
    const open = async (port: number) => {
      const started = run(argumentsFor(port), { host });
      const [, url = ''] = await started.line(/(http:\/\/[\d.]+:\d+)/, OPEN_WITHIN_MS);
      return { started, url };
    };
    const { started, url } = await open(settings.port ?? 0);
    const port = Number(new URL(url).port);
    let frontEnd = started;
    const made: Cluster = {
      host,
      url,
      port,
      dataDir,
      arguments: argumentsFor(port),
      get process() {
        return frontEnd;
      },
      again: async () => {
        frontEnd = (await open(port)).started;
      },
      status: () => statusOf(url),
      scxs: async () => (await statusOf(url)).sessions.flatMap((session) => session.scxs),
    };
    clusters.push(made);
    return made;
  };

  const end = async (one: Running): Promise<void> => {
    one.child.kill('SIGTERM');
    const timer = setTimeout(() => one.child.kill('SIGKILL'), 5000);
    await one.exited;
    clearTimeout(timer);
  };

  return {
    directory,
    run,
    cluster,
    announce: async (at, name, ...extra) => {
      const announced = run(['announce', '--cluster', at.url, '--name', name, ...extra]);
      const { code } = await announced.exited;
      if (code !== 0) throw new Error(`announce failed: ${announced.stderr()}`);
      const [url = '', ...lines] = announced.stdout().trim().split('\n');
      const printed = (what: string): string | undefined =>
        lines.find((line) => line.startsWith(`${what}: `))?.match(/: (\S+) /)?.[1];
      const given = extra[extra.indexOf('--password') + 1];
      const password =
        printed('source password') ?? (extra.includes('--password') ? given : undefined);
      const token = printed('admin token');
      if (password !== undefined && token !== undefined) {
        secrets.set(url, { password, token, webhook: printed('webhook secret') });
      }
      return url;
    },
    secretsOf: (announcement) => {
      const found = secrets.get(announcement);
      if (found === undefined) throw new Error(`${announcement} was not announced here`);
      return found;
    },
    share: (announcement, shared) => void secrets.set(announcement, shared),
    broadcast: async (at, announcement, ...args) => {
      const target = ['--cluster', at.url, '--announcement', announcement];
      const env = { SCATTERCAST_PASSWORD: secrets.get(announcement)?.password ?? '' };
      const started = run(['broadcast', ...target, ...args], { env, host: at.host });
      await until('the session to be on the air', async () => {
        if (started.child.exitCode !== null) throw new Error(started.stderr());
        const { sessions } = await statusOf(at.url);
        return sessions.some((session) => session.onAir);
      });
      return started;
    },
    close: async () => {
      for (const each of clusters) await statusOf(each.url).catch(() => undefined);
      await Promise.all(running.toReversed().map(end));
      for (const pid of scxPids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
