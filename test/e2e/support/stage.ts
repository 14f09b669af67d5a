/**
 * Real processes for end-to-end tests: clusters, broadcasters and players, started from the build
 * as a user starts them, and ended by id. Whatever a test starts through a stage is gone when it
 * closes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterStatus } from '../../../src/api/cluster-status.js';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { publish, remove } from '../../../src/client/cluster/cluster-api.js';
import { derivePassword, hashSecret } from '../../../src/runtime/secrets.js';
import { sessionKeyOf } from '../../../src/runtime/signing-key.js';
import { DEFAULT_CHANNELS } from '../../../src/session/announcement.js';
import { printAnnouncement } from '../../../src/session/print-announcement.js';
import { parseSessionPath } from '../../../src/session/session-name.js';
import { PASSWORD, SESSION_KEY, STATION, signed, TOKEN } from '../../session/signed.js';
import { isAlive, type Running, start, until } from './processes.js';

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
  status(): Promise<ClusterStatus>;
  /** The SCXs of all its sessions. */
  scxs(): Promise<readonly ScxStatus[]>;
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

/** A session that was announced, and the secrets that are told once. */
interface Announced {
  readonly session: string;
  readonly password: string;
  readonly token: string;
  /** Of the user `admin`. */
  readonly adminPassword: string;
  /** Of webhooks, if there are any. */
  readonly webhook: string | undefined;
}

export interface Stage {
  readonly directory: string;
  /** Runs a command of ours. */
  run(args: readonly string[], options?: RunOptions): Running;
  cluster(settings?: ClusterSettings): Promise<Cluster>;
  /** As many clusters as wanted, started at the same time. */
  clusters(count: number, settings?: ClusterSettings): Promise<readonly Cluster[]>;
  /** Announces at a cluster; returns the announcement's URL, and remembers its secrets. */
  announce(cluster: Cluster, name: string, ...extra: string[]): Promise<string>;
  /** The same without a process, for tests of something else. `path`: `CREATOR/SESSION`. */
  publish(cluster: Cluster, path: string): Promise<string>;
  /** Takes back what was announced or published there; its SCX ends when its last client leaves. */
  withdraw(cluster: Cluster, announcement: string): Promise<void>;
  /** What was told when the session was announced first. */
  secretsOf(announcement: string): Announced;
  /** The same session is announced at another URL, too. */
  share(announcement: string, announced: Announced): void;
  /** Broadcasts, with the password that was announced; resolves when it is on the air. */
  broadcast(cluster: Cluster, announcement: string, ...args: string[]): Promise<Running>;
  close(): Promise<void>;
}

/** Many clusters may be opened at once, on a busy machine, ms. */
const OPEN_WITHIN_MS = 60_000;
/** A busy front end takes as long to answer, ms. */
const ANSWER_WITHIN_MS = 15_000;
/** What does not end when it is told to is killed, ms. */
const END_WITHIN_MS = 5000;

/** Of the sessions that are published without a process. */
const ADMIN_PASSWORD = derivePassword('admin password', TOKEN);

/** Where a cluster sends the listeners of an announcement. */
export const listenUrl = ({ url }: Cluster, announcement: string): string =>
  `${url}/listen?${new URLSearchParams({ announcement })}`;

/** `kill -9` of a cluster's front end and all its SCXs. */
export async function killCluster(cluster: Cluster): Promise<void> {
  const scxs = await cluster.scxs();
  cluster.process.child.kill('SIGKILL');
  for (const { pid } of scxs) process.kill(pid, 'SIGKILL');
  await cluster.process.exited;
}

async function statusOf(url: string): Promise<ClusterStatus> {
  const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  return (await response.json()) as ClusterStatus;
}

const scxsOf = ({ sessions }: ClusterStatus): readonly ScxStatus[] =>
  sessions.flatMap(({ scxs }) => scxs);

async function end(one: Running): Promise<void> {
  one.child.kill('SIGTERM');
  const timer = setTimeout(() => one.child.kill('SIGKILL'), END_WITHIN_MS);
  await one.exited;
  clearTimeout(timer);
}

/** The secrets in what `announce` has printed; those that were given are not printed. */
function secretsIn(printed: string, given: Partial<Announced>) {
  const find = (what: string): string | undefined =>
    new RegExp(`^${what}: (\\S+) `, 'm').exec(printed)?.[1];
  return {
    password: find('source password') ?? given.password ?? '',
    token: find('admin token') ?? given.token ?? '',
    adminPassword: find('admin password') ?? given.adminPassword ?? '',
    webhook: find('webhook secret') ?? given.webhook,
  };
}

/** An empty stage; `env` is for all that runs on it. */
export function createStage(env: NodeJS.ProcessEnv = {}): Stage {
  const directory = mkdtempSync(join(tmpdir(), 'scattercast-e2e-'));
  const running: Running[] = [];
  const clusters: Cluster[] = [];
  /** SCXs outlive their front end: each one seen is remembered, and ended in the end. */
  const scxPids = new Set<number>();
  /** By the announcement's URL. */
  const known = new Map<string, Announced>();
  let count = 0;

  const run: Stage['run'] = (args, options) => {
    // A spare costs each cluster the start of a process, and the history that of a thread: only tests
    // of them need them.
    const ours = { SCATTERCAST_CONFIG: '', SCATTERCAST_SPARE: '0', SCATTERCAST_HISTORY: '0' };
    const own = { ...process.env, ...ours, ...env, ...options?.env };
    const { within } = options?.host ?? THIS_HOST;
    const [program = '', ...rest] = [...within, process.execPath, '.', ...args];
    const started = start(program, rest, own);
    running.push(started);
    return started;
  };

  const look = async (url: string): Promise<ClusterStatus> => {
    const status = await statusOf(url);
    for (const { pid } of scxsOf(status)) scxPids.add(pid);
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
      ...{ host, url, port, dataDir, arguments: argumentsFor(port) },
      get process() {
        return frontEnd;
      },
      again: async () => {
        frontEnd = (await open(port)).started;
      },
      status: () => look(url),
      scxs: async () => scxsOf(await look(url)),
    };
    clusters.push(made);
    return made;
  };

  const announcedAt = (announcement: string): Announced => {
    const found = known.get(announcement);
    if (found === undefined) throw new Error(`${announcement} was not announced here`);
    return found;
  };

  const announce: Stage['announce'] = async (at, name, ...extra) => {
    const where = ['--cluster', at.url, '--data', at.dataDir];
    // The same session at a further cluster, or another time.
    const before = [...known.values()].find(({ session }) => session === name);
    const own = {
      ...(before && { SCATTERCAST_TOKEN: before.token, SCATTERCAST_PASSWORD: before.password }),
    };
    const options = { env: own, host: at.host };
    const announced = run(['announce', ...where, '--name', name, ...extra], options);
    const { code } = await announced.exited;
    if (code !== 0) throw new Error(`announce failed: ${announced.stderr()}`);
    const [url = ''] = announced.stdout().split('\n');
    known.set(url, { session: name, ...secretsIn(announced.stderr(), before ?? {}) });
    return url;
  };

  const broadcast: Stage['broadcast'] = async (at, announcement, ...args) => {
    const target = ['--cluster', at.url, '--announcement', announcement];
    const { session, password = '' } = known.get(announcement) ?? {};
    const env = { SCATTERCAST_PASSWORD: password };
    const started = run(['broadcast', ...target, ...args], { env, host: at.host });
    await until('the session to be on the air', async () => {
      if (started.child.exitCode !== null) return null;
      const { sessions } = await look(at.url);
      return sessions.some((one) => one.onAir && one.session === (session ?? one.session));
    });
    if (started.child.exitCode !== null) throw new Error(started.stderr());
    return started;
  };

  return {
    directory,
    run,
    cluster,
    clusters: (wanted, settings) =>
      Promise.all(Array.from({ length: wanted }, () => cluster(settings))),
    announce,
    publish: async ({ url: at, dataDir }, path) => {
      const name = parseSessionPath(path);
      if (!name.ok) throw new Error(name.problems.join());
      const rendezvous = [`${at}/rendezvous/${path}`];
      const xml = printAnnouncement(
        signed({
          ...{ name: name.value, channels: DEFAULT_CHANNELS, rendezvous },
          sources: [STATION],
          adminKey: hashSecret(ADMIN_PASSWORD),
        }),
      );
      const clusterSecret = readFileSync(`${dataDir}/secret`, 'utf8').trim();
      const sessionKey = SESSION_KEY;
      const { url, session } = await publish(at, path, xml, { clusterSecret, sessionKey });
      const adminPassword = ADMIN_PASSWORD;
      const secrets = { password: PASSWORD, token: TOKEN, adminPassword, webhook: undefined };
      known.set(url, { session, ...secrets });
      return url;
    },
    withdraw: ({ url }, announcement) => {
      const { session, token } = announcedAt(announcement);
      const sessionKey = sessionKeyOf(token);
      return remove(url, session.replace('scattercast://', ''), { sessionKey });
    },
    secretsOf: announcedAt,
    share: (announcement, announced) => void known.set(announcement, announced),
    broadcast,
    close: async () => {
      await Promise.all(clusters.map(({ url }) => look(url).catch(() => undefined)));
      await Promise.all(running.toReversed().map(end));
      for (const pid of scxPids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
