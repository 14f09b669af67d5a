/**
 * The scene of the drills on a Swarm: its machines, each with a front end, as the stack file deploys
 * them; beside them a cluster of one machine, from which the broadcast comes, with a listener that
 * must never miss anything; and listeners at the Swarm, which check every frame and connect again when
 * they are closed, at any front end.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterStatus } from '../../../src/api/cluster-status.js';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { until } from '../../../test/e2e/support/processes.js';
import { createStage, listenUrl, type Stage } from '../../../test/e2e/support/stage.js';
import { createFrameListener, type FrameListener } from '../drills/frame-listener.js';
import { numberedAudio } from '../players/numbered-audio.js';
import { type Bed, type Machine, openBed } from './bed.js';
import { importBroken, importImage } from './image.js';

export const SCENE_IMAGE = 'scattercast:bed';
const IMAGE = SCENE_IMAGE;
/** The same program: the next version. */
export const NEXT_IMAGE = 'scattercast:next';
/** Its program ends at once. */
export const BROKEN_IMAGE = 'scattercast:broken';
const STACK = 'bed';
const IMAGE_FORMAT = '{{.Spec.TaskTemplate.ContainerSpec.Image}}';
const PATH = 'drill.example/steady';
const STACK_FILES = resolve(import.meta.dirname, '../../packaging/container');
/** The address of what runs beside the Swarm. */
export const HERE = '10.77.0.254';
const UP_WITHIN_MS = 60_000;
const BRIEFLY_MS = 8000;
/** A listener that was closed waits for so long before it connects again, as players do. */
const RETRY_MS = 100;

/** What a stack is deployed with besides its image. */
interface Deployed {
  /** The version of the certificate. */
  readonly certificate?: number;
  /** The URL of a directory. */
  readonly directory?: string;
}

export interface SwarmScene {
  readonly bed: Bed;
  readonly stage: Stage;
  /** At the cluster beside the Swarm. */
  readonly elsewhere: FrameListener;
  /** At the Swarm. */
  readonly listeners: readonly FrameListener[];
  /** The front ends that listeners and `status` turn to, indices of machines. */
  asked: readonly number[];
  frontEnd(machine: number): string;
  /** As one front end sees it; undefined: it does not answer. */
  statusAt(machine: number): Promise<ClusterStatus | undefined>;
  /** The SCXs of a session as one front end sees them. */
  scxsAt(machine: number, path?: string): Promise<readonly ScxStatus[]>;
  /** Announces a session at the cluster beside the Swarm. */
  announceOutside(): Promise<{ readonly announcement: string; readonly path: string }>;
  /** The same, and broadcasts there; returns the announcement's URL. */
  playOutside(): Promise<string>;
  /** Broadcasts at the Swarm for some seconds. */
  broadcastBriefly(path: string, password: string): Promise<void>;
  /** Of our receiver of webhooks. */
  readonly webhook: string;
  /** What webhooks were told of a session, in that order. */
  eventsOf(path: string): readonly string[];
  /** A player asks for a stream; resolves when it is led to an SCX. Rejects if it is refused. */
  isAsked(url: string): Promise<void>;
  hasWebhook(machine: number): boolean;
  /** What its front end has logged, since the last start. */
  logOf(machine: Machine): string;
  /** The SCXs of a session, as the first front end that is asked sees them. */
  scxs(path?: string): Promise<readonly ScxStatus[]>;
  machineOf(scx: ScxStatus): Machine;
  imageOf(scx: ScxStatus): string;
  /** Deploys the stack with this image. */
  deploy(image: string, more?: Deployed): void;
  /** Runs a command of ours in a front end's container; returns what it prints. */
  command(machine: number, ...args: string[]): string;
  /** All hear, and each front end knows the one SCX. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const urlOf = (machine: Machine | undefined): string => `http://${machine?.address}:8000`;

async function statusOf(url: string): Promise<ClusterStatus | undefined> {
  try {
    const answer = await fetch(`${url}/status`, { signal: AbortSignal.timeout(3000) });
    return (await answer.json()) as ClusterStatus;
  } catch {
    return undefined;
  }
}

function deployStack({ directory, machines }: Bed, image: string, more: Deployed = {}): void {
  const { certificate } = more;
  const [first] = machines as [Machine];
  const env = {
    ...process.env,
    SCATTERCAST_IMAGE: image,
    SCATTERCAST_TLS_VERSION: `${certificate}`,
    SCATTERCAST_DIRECTORY: more.directory ?? 'off',
    SCATTERCAST_ALLOW_PRIVATE: 'true',
    SCATTERCAST_WRITE_INTERVAL: '0.05',
    DOCKER_GROUP: `${statSync(first.socket).gid}`,
    DOCKER_SOCKET: `${directory}/{{.Node.Hostname}}/docker.sock`,
  };
  const args = ['--host', `unix://${first.socket}`, 'stack', 'deploy', '--resolve-image', 'never'];
  const files = ['swarm.yaml', ...(certificate === undefined ? [] : ['swarm-tls.yaml'])];
  const all = files.flatMap((file) => ['--compose-file', join(STACK_FILES, file)]);
  const { status, stderr } = spawnSync('docker', [...args, ...all, STACK], { env });
  if (status !== 0) throw new Error(`the stack is not deployed: ${stderr}`);
}

/** The containers of a front end, running now. */
export const frontEndContainer = (machine: Machine): string =>
  machine.docker('ps', '--quiet', '--filter', `name=${STACK}_front-end`).split('\n')[0] ?? '';

/** The container of an SCX. */
export const scxContainer = (machine: Machine, { service }: ScxStatus): string =>
  machine
    .docker('ps', '--quiet', '--filter', `label=com.docker.swarm.service.id=${service}`)
    .split('\n')[0] ?? '';

async function allAnswer({ machines }: Bed): Promise<boolean> {
  const all = await Promise.all(machines.map((machine) => statusOf(urlOf(machine))));
  return all.every((status) => status !== undefined);
}

interface Announced {
  readonly url: string;
  readonly password: string;
}

/** Announces at the first front end; the front ends, and the cluster here, are its rendezvous. */
function announce(
  scene: Pick<SwarmScene, 'command' | 'bed' | 'webhook'>,
  path: string,
  here: string,
) {
  const all = [...scene.bed.machines.map(urlOf), here];
  const meet = all.flatMap((url) => ['--rendezvous', `${url}/rendezvous/${path}`]);
  const name = ['--name', `scattercast://${path}`, '--webhook', scene.webhook, '--json'];
  const at = ['--cluster', urlOf(scene.bed.machines[0])];
  return JSON.parse(scene.command(0, 'announce', ...at, ...name, ...meet)) as Announced;
}

/** Receives webhooks. */
async function openReceiver() {
  const events: { readonly session: string; readonly event: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    response.end();
    events.push(JSON.parse(body));
  });
  server.listen(0, HERE);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    webhook: `http://${HERE}:${port}/hook`,
    eventsOf: (path: string): string[] =>
      events.flatMap(({ session, event }) => (session.endsWith(path) ? [event] : [])),
    close: () => void server.close(),
  };
}

async function build(bed: Bed, stage: Stage, listenersMax: number): Promise<SwarmScene> {
  importImage(bed, IMAGE);
  importBroken(bed, BROKEN_IMAGE);
  for (const machine of bed.machines) machine.docker('tag', IMAGE, NEXT_IMAGE);
  const [first] = bed.machines as [Machine];
  const secret = join(bed.directory, 'secret');
  writeFileSync(secret, randomBytes(48).toString('base64'));
  first.docker('secret', 'create', 'scattercast-cluster', secret);
  deployStack(bed, IMAGE);
  await until('the front ends', async () => await allAnswer(bed), UP_WITHIN_MS);

  const receiver = await openReceiver();
  const { webhook, eventsOf } = receiver;
  const host = { address: HERE, within: [] };
  const extra = ['--write-interval', '0.05', '--linger', '600'];
  const outside = await stage.cluster({ host, extra });
  const command: SwarmScene['command'] = (machine, ...args) => {
    const at = bed.machines[machine] as Machine;
    return at.docker('exec', frontEndContainer(at), 'scattercast', ...args);
  };
  const { url, password } = announce({ bed, command, webhook }, PATH, outside.url);
  stage.share(url, {
    ...{ session: `scattercast://${PATH}`, password, token: '', adminPassword: '' },
    webhook: undefined,
  });
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, numberedAudio());
  await stage.broadcast(outside, url, '--loop', file);

  let asked: readonly number[] = bed.machines.map((_, index) => index);
  let turn = 0;
  const nextUrl = (): string => {
    const index = asked[turn++ % asked.length] as number;
    return `${urlOf(bed.machines[index])}/listen/${PATH}.mp3`;
  };
  const listeners = Array.from({ length: listenersMax }, () => createFrameListener(nextUrl, 0));
  const elsewhere = createFrameListener(() => listenUrl(outside, url), 1);
  const returning = setInterval(() => {
    for (const listener of [...listeners, elsewhere]) if (listener.isClosed) listener.again();
  }, RETRY_MS);

  const statusAt = (machine: number) => statusOf(urlOf(bed.machines[machine]));
  let sessions = 0;
  const announceOutside = async () => {
    const path = `drill.example/cold-${sessions++}`;
    return { announcement: await stage.announce(outside, `scattercast://${path}`), path };
  };
  const scxsAt = async (machine: number, path = PATH): Promise<readonly ScxStatus[]> => {
    const status = await statusAt(machine);
    return status?.sessions.find((one) => one.session.endsWith(path))?.scxs ?? [];
  };
  const scene: SwarmScene = {
    ...{ bed, stage, elsewhere, listeners, statusAt, scxsAt, command, announceOutside },
    ...{ webhook, eventsOf },
    playOutside: async () => {
      const { announcement } = await announceOutside();
      await stage.broadcast(outside, announcement, '--loop', file);
      return announcement;
    },
    broadcastBriefly: async (path, password) => {
      const at = ['--cluster', urlOf(first), '--announcement', path];
      const env = { SCATTERCAST_PASSWORD: password };
      const broadcast = stage.run(['broadcast', ...at, '--loop', file], { env });
      await pause(BRIEFLY_MS);
      broadcast.child.kill('SIGINT');
      await broadcast.exited;
    },
    get asked() {
      return asked;
    },
    set asked(wanted) {
      asked = wanted;
    },
    isAsked: async (url) => {
      const signal = AbortSignal.timeout(UP_WITHIN_MS);
      const answer = await fetch(url, { redirect: 'manual', signal });
      const text = await answer.text();
      if (answer.status !== 302) throw new Error(`status ${answer.status}: ${text}`);
    },
    hasWebhook: (machine) => {
      const at = bed.machines[machine] as Machine;
      const file = `/var/lib/scattercast/announcements/${PATH}.json`;
      const read = `process.stdout.write(require('fs').readFileSync('${file}','utf8'))`;
      return (at.tries('exec', frontEndContainer(at), 'node', '-e', read) ?? '').includes(webhook);
    },
    logOf: (machine) => machine.logs(frontEndContainer(machine)),
    frontEnd: (machine) => urlOf(bed.machines[machine]),
    scxs: (path = PATH) => scxsAt(asked[0] ?? 0, path),
    machineOf: ({ machine }) => bed.machines.find(({ address }) => address === machine) as Machine,
    imageOf: ({ service = '' }) =>
      first.docker('service', 'inspect', service, '--format', IMAGE_FORMAT),
    deploy: (image, more) => deployStack(bed, image, more),
    settled: async () => {
      const isWell = async (): Promise<boolean> => {
        const all = await Promise.all(bed.machines.map((_, machine) => scxsAt(machine, PATH)));
        const ids = new Set(all.flat().map(({ id }) => id));
        const everyone = all.every((scxs) => scxs.length === 1) && ids.size === 1;
        const hear = ({ isClosed, heard }: FrameListener): boolean =>
          !isClosed && performance.now() - heard().lastAt < 500;
        return everyone && [...listeners, elsewhere].every(hear);
      };
      await until('all to be well', async () => await isWell(), UP_WITHIN_MS);
      await pause(2000);
    },
    close: async () => {
      clearInterval(returning);
      receiver.close();
      for (const listener of [...listeners, elsewhere]) listener.stop();
      await stage.close();
      await bed.close();
    },
  };
  return scene;
}

/** Opens the scene; it takes half a minute. When it fails, what it has started is gone again. */
export async function openSwarmScene(machines: number, listeners: number): Promise<SwarmScene> {
  const bed = await openBed(machines);
  const stage = createStage();
  try {
    const scene = await build(bed, stage, listeners);
    await scene.settled();
    return scene;
  } catch (error) {
    for (const machine of bed.machines) {
      process.stderr.write(`${machine.tries('service', 'ls') ?? ''}\n`);
    }
    await stage.close();
    await bed.close();
    throw error;
  }
}
