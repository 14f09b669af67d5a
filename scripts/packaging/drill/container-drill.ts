/**
 * The container drill: starts compose.yaml with a Docker engine of its own, which builds the image,
 * broadcasts and listens; runs a cluster from that image, replaces its SCX, stops it and starts it again;
 * then deploys stack.yaml, and listens again. No registry is asked: the image that the Dockerfile starts
 * from is made of this machine's files. It needs root and Debian's docker.io, docker-compose (or the
 * plugin of that name), mpg123 and a minute; it uses the ports of a cluster, and nothing stays.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import { ROOT } from '../program-files.js';
import { checkNeeds } from './needs.js';

const IMAGE = 'scattercast:drill';
/** What the Dockerfile starts from. */
const NODE_IMAGE = 'node:20-bookworm-slim';

/** Compose is a plugin, or a program of its own. */
const hasPlugin = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
const COMPOSE = [
  ...(hasPlugin ? ['docker', 'compose'] : ['docker-compose']),
  ...['--file', join(ROOT, 'scripts/packaging/container/compose.yaml'), '--project-name', 'drill'],
];

/** Ends with the drill. */
interface Engine {
  /** Runs `docker` with these arguments; returns what it prints. Throws a UserError. */
  docker(...args: string[]): string;
  /** The same; whether it succeeded. */
  succeeds(...args: string[]): boolean;
  /** Runs a command of Compose. */
  compose(...args: string[]): void;
  close(): Promise<void>;
}

async function startEngine(folder: string): Promise<Engine> {
  const socket = `unix://${folder}/socket`;
  const places = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`];
  const flags = ['--host', socket, '--pidfile', `${folder}/pid`, '--iptables=false'];
  const child = spawn('dockerd', [...places, ...flags, '--bridge=none'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const env = {
    ...process.env,
    DOCKER_HOST: socket,
    DOCKER_BUILDKIT: '0',
    SCATTERCAST_IMAGE: IMAGE,
  };
  const engine: Engine = {
    docker: (...args) => {
      const { status, stdout, stderr } = spawnSync('docker', args, { env, encoding: 'utf8' });
      if (status === 0) return stdout;
      throw new UserError(EXIT.refused, `docker ${args.join(' ')}: ${stdout}${stderr}`);
    },
    compose: (...args) => {
      const [program = '', ...first] = COMPOSE;
      const { status, stdout, stderr } = spawnSync(program, [...first, ...args], {
        env: { ...env, COMPOSE_DOCKER_CLI_BUILD: '0', SCATTERCAST_HOST: '127.0.0.1' },
        encoding: 'utf8',
      });
      if (status === 0) return;
      throw new UserError(EXIT.refused, `compose ${args.join(' ')}: ${stdout}${stderr}`);
    },
    succeeds: (...args) => spawnSync('docker', args, { env, stdio: 'ignore' }).status === 0,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
      // The engine leaves its network namespaces mounted.
      spawnSync('sh', ['-c', `umount ${folder}/exec/netns/*`]);
    },
  };
  await until('the engine to start', () => engine.succeeds('info'));
  return engine;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (holds()) return;
    await pause(100);
  }
  throw new UserError(EXIT.unreachable, `waited in vain for ${what}`);
}

/** What the Dockerfile's first stage runs, as the official image of Node has it, and `ss`. */
const TOOLS = [
  'sh',
  'bash',
  'ldd',
  'node',
  'ss',
  'cp',
  'mkdir',
  'grep',
  'dirname',
  'chmod',
  'chown',
];

/** An image with Node and those tools, of this machine's files. */
function importNodeImage(engine: Engine, folder: string): void {
  const tree = join(folder, 'node-image');
  const place = (path: string): void => {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    cpSync(realpathSync(path), join(tree, path));
  };
  for (const tool of TOOLS) {
    const path = execFileSync('which', [tool], { encoding: 'utf8' }).trim();
    place(path);
    const { stdout } = spawnSync('ldd', [path], { encoding: 'utf8' });
    for (const [library] of stdout.matchAll(/\/[^ )]+/g)) place(library);
  }
  symlinkSync('usr/bin', join(tree, 'bin'));
  const tar = join(folder, 'node-image.tar');
  execFileSync('tar', ['-C', tree, '-cf', tar, '.']);
  engine.docker('import', tar, NODE_IMAGE);
}

const NAME = 'scattercast-drill';
const SESSION = 'radio.example/night';
const STREAM = `http://localhost:8000/listen/${SESSION}.mp3`;
const CLIP = '/usr/lib/scattercast/web/demo/clip.mp3';

/** As compose.yaml runs it. */
const RUN = [
  ...['run', '--detach', '--name', NAME, '--init', '--read-only', '--cap-drop', 'ALL'],
  ...['--security-opt', 'no-new-privileges:true', '--network', 'host'],
  ...['--volume', 'drill:/var/lib/scattercast', '--env', 'SCATTERCAST_HOST=127.0.0.1'],
  ...['--health-interval', '1s', IMAGE],
];

const hears = (): boolean => {
  const { status, stderr } = spawnSync('mpg123', ['-q', '-t', '-n', '100', STREAM]);
  return status === 0 && stderr.length === 0;
};

/** One line of `docker inspect`. */
const inspect = (engine: Engine, what: string): string =>
  engine.docker('inspect', '--format', what, NAME).trim();

/** The states of all processes in the container, like `S` or `Z`. */
function statesOf(engine: Engine): readonly string[] {
  const rows = engine.docker('top', NAME, '-o', 'pid,stat').trim().split('\n').slice(1);
  return rows.map((row) => row.trim().split(/\s+/)[1] ?? '');
}

type Say = (what: string, holds?: boolean) => void;

/** Announces and broadcasts in the container of a cluster, until mpg123 hears it. */
async function bringSound(engine: Engine, container: string): Promise<void> {
  const isUp = () => engine.succeeds('exec', container, 'scattercast', 'doctor', '--running');
  await until('the cluster', isUp);
  const options = ['--name', `scattercast://${SESSION}`, '--json'];
  const told = engine.docker('exec', container, 'scattercast', 'announce', ...options);
  const { password } = JSON.parse(told) as { password: string };
  const broadcast = ['scattercast', 'broadcast', '--announcement', SESSION, '--loop', CLIP];
  const secret = ['--env', `SCATTERCAST_PASSWORD=${password}`];
  engine.docker('exec', '--detach', ...secret, container, ...broadcast);
  await until('sound', hears);
}

const secondsSince = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);

async function drillCompose(engine: Engine, say: Say): Promise<void> {
  const since = performance.now();
  engine.compose('up', '--detach', '--build');
  const [container = ''] = engine.docker('ps', '--quiet').split('\n');
  await bringSound(engine, container);
  say(`the compose file: ${secondsSince(since)} s from its only command to sound`);
  engine.compose('down', '--volumes');
}

async function drillOneMachine(engine: Engine, say: Say): Promise<void> {
  const command = (...args: string[]): string =>
    engine.docker('exec', NAME, 'scattercast', ...args);
  engine.docker(...RUN);
  await until('health', () => inspect(engine, '{{.State.Health.Status}}') === 'healthy');
  say('the container runs, and is healthy');
  await bringSound(engine, NAME);
  say('mpg123 hears it');
  say('it is not root', engine.docker('top', NAME, '-o', 'pid,uid').includes('10001'));
  say('its own files are read-only', !engine.succeeds('exec', NAME, 'node', '-e', WRITE));
  const trips = engine.docker('exec', NAME, 'ss', '--tcp', '--info', '--numeric');
  say('the kernel tells it the round trips of connections', trips.includes('minrtt:'));
  say('it has no shell', !engine.succeeds('exec', NAME, 'sh', '-c', 'true'));
  command('cluster', '--drain', '--json');
  await until('sound', hears);
  await until('the old SCX to end', () => !statesOf(engine).some((state) => state.startsWith('Z')));
  say('its SCX was replaced, and left no zombie');
  const since = performance.now();
  engine.docker('stop', NAME);
  say(`it stops when it is told to, after ${Math.round(performance.now() - since)} ms`);
  say('it ended in order', inspect(engine, '{{.State.ExitCode}}') === '0');
  engine.docker('start', NAME);
  const answers = (): boolean => engine.succeeds('exec', NAME, 'scattercast', 'status');
  await until('the cluster', answers);
  const isAnnounced = command('status').includes(SESSION);
  say('started again, it has its announcement', isAnnounced);
  engine.docker('rm', '--force', NAME);
}

const WRITE = "require('node:fs').writeFileSync('/usr/lib/scattercast/x', '')";

async function drillStack(engine: Engine, say: Say): Promise<void> {
  engine.docker(
    'swarm',
    'init',
    '--advertise-addr',
    '127.0.0.1',
    '--listen-addr',
    '127.0.0.1:2377',
  );
  const file = join(ROOT, 'scripts/packaging/container/stack.yaml');
  const since = performance.now();
  engine.docker('stack', 'deploy', '--resolve-image', 'never', '--compose-file', file, 'drill');
  const replicas = (): string => engine.docker('service', 'ls', '--format', '{{.Replicas}}').trim();
  await until('the stack', () => replicas() === '1/1');
  await bringSound(engine, engine.docker('ps', '--quiet').trim());
  say(`the stack file: ${secondsSince(since)} s from its deployment to sound`);
  const isUp = (): boolean =>
    spawnSync('curl', ['-fs', 'http://localhost:8000/healthz']).status === 0;
  engine.docker('stack', 'rm', 'drill');
  await until('its end', () => !isUp());
  engine.docker('swarm', 'leave', '--force');
}

/** Runs the drill; prints a line for each thing that holds. Throws at the first that does not. */
export async function drillContainers(): Promise<void> {
  checkNeeds('dockerd', 'docker', 'mpg123', 'tar', 'which', 'curl');
  if (!hasPlugin) checkNeeds('docker-compose');
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-drill-'));
  const startedAt = performance.now();
  const say: Say = (what, holds = true) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
    console.log(`${seconds} s  ${holds ? '' : 'NOT: '}${what}`);
    if (!holds) throw new UserError(EXIT.refused, `it does not hold that ${what}`);
  };
  const engine = await startEngine(folder);
  try {
    importNodeImage(engine, folder);
    await drillCompose(engine, say);
    const bytes = Number(engine.docker('inspect', '--format', '{{.Size}}', IMAGE));
    say(`its image has ${Math.round(bytes / 1e6)} MB`);
    await drillOneMachine(engine, say);
    await drillStack(engine, say);
  } finally {
    engine.succeeds('rm', '--force', NAME);
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
