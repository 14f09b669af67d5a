/** The container image, without Docker, and the files that run it with Docker. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ClusterStatus } from '../../../src/api/cluster-status.js';
import { variableOf } from '../../../src/cli/options/option.js';
import { TABLES } from '../../../src/cli/options/option-tables.js';
import { type ImageTree, makeImageTree } from '../support/image-tree.js';
import { has, mpg123Errors } from '../support/players.js';
import { freePorts } from '../support/ports.js';
import { CLIP, ROOT, type Running, until } from '../support/processes.js';

const directory = mkdtempSync(join(tmpdir(), 'scattercast-image-'));
const running: Running[] = [];
const isRoot = process.getuid?.() === 0;
let image: ImageTree;

beforeAll(() => {
  if (!isRoot) return;
  chmodSync(directory, 0o755);
  image = makeImageTree(join(directory, 'image'), join(directory, 'data'));
});

afterAll(async () => {
  for (const { child } of running.toReversed()) child.kill('SIGTERM');
  await Promise.all(running.map(({ exited }) => exited));
  rmSync(directory, { recursive: true, force: true });
});

function run(command: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const started = image.run(command, env);
  running.push(started);
  return started;
}

test.skipIf(!isRoot)('The image holds Node, ss, libraries and the program, and no shell', () => {
  const files = readdirSync(image.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(image.path, join(entry.parentPath, entry.name)))
    .filter((path) => !/^(dev|proc)\//.test(path));
  const other = files.filter((path) => !/^(lib|lib64)\/|^usr\/lib\/scattercast\//.test(path));
  expect(other.toSorted()).toEqual([
    'etc/hosts',
    'etc/passwd',
    'usr/bin/node',
    'usr/bin/scattercast',
    'usr/bin/ss',
  ]);
  const libraries = files.filter((path) => /^lib/.test(path));
  expect(libraries.filter((path) => !/\/(lib|ld-)[^/]*\.so/.test(path))).toEqual([]);
  // The program as it is built, and nothing of the checkout.
  expect(readdirSync(join(image.path, 'usr/lib/scattercast')).toSorted()).toEqual([
    'LICENSE',
    'dist',
    'package.json',
    'web',
  ]);
});

test.skipIf(!isRoot || !has('mpg123'))(
  'A cluster of the image plays sound, read-only and not as root',
  async () => {
    const port = await freePorts(2);
    const settings = {
      SCATTERCAST_PORT: `${port}`,
      SCATTERCAST_CLUSTER: `http://localhost:${port}`,
      SCATTERCAST_HOST: '127.0.0.1',
      SCATTERCAST_SCX_PORTS: 'any',
    };
    const command = (...args: string[]): readonly string[] => [...image.entrypoint, ...args];
    const healthCheck = async () => (await run(image.healthCheck, settings).exited).code;
    expect(await healthCheck()).toBe(1);

    const cluster = run(command(...image.command), settings);
    const [, url = ''] = await cluster.line(/ready at (\S+)/);
    expect(await healthCheck()).toBe(0);
    const name = 'scattercast://radio.example/night';
    const announced = run(command('announce', '--name', name), settings);
    const [, password = ''] = await announced.line(/^source password: (\S+) /m);
    const clip = `/usr/lib/scattercast/${relative(ROOT, CLIP)}`;
    const broadcast = command('broadcast', '--announcement', 'radio.example/night', '--loop', clip);
    run(broadcast, { ...settings, SCATTERCAST_PASSWORD: password });
    await until('the session to be on the air', async () => {
      const { sessions } = (await (await fetch(`${url}/status`)).json()) as ClusterStatus;
      return sessions.some(({ onAir }) => onAir);
    });
    expect(await mpg123Errors(`${url}/listen/radio.example/night.mp3`, 40)).toBe('');

    expect(statSync(`/proc/${cluster.pid}`).uid).toBe(10_001);
    const writing = "require('node:fs').writeFileSync('/usr/lib/scattercast/web/x', '')";
    const written = run(['node', '-e', writing]);
    expect((await written.exited).code).not.toBe(0);
    expect(written.stderr()).toMatch(/EROFS/);

    // What `docker stop` does.
    cluster.child.kill('SIGTERM');
    expect(await cluster.exited).toEqual({ code: 0, signal: null });
  },
);

interface Service {
  readonly [key: string]: unknown;
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
}

const serviceOf = (file: string): Service => {
  const text = readFileSync(join(ROOT, 'scripts/packaging/container', file), 'utf8');
  const { services } = parse(text) as { readonly services: Readonly<Record<string, Service>> };
  return Object.values(services)[0] as Service;
};

const dockerfile = readFileSync(join(ROOT, 'scripts/packaging/container/Dockerfile'), 'utf8');

test.each(['compose.yaml', 'stack.yaml'])('%s confines the cluster and keeps its data', (file) => {
  const service = serviceOf(file);
  expect(service).toMatchObject({ init: true, read_only: true, cap_drop: ['ALL'] });
  expect(service.privileged ?? service.cap_add ?? service.user).toBeUndefined();
  const [, volume] = /^VOLUME (\S+)$/m.exec(dockerfile) ?? [];
  expect(service.volumes).toEqual([`data:${volume}`]);
});

test('swarm.yaml confines its front ends, which are managers and use the engine', () => {
  const service = serviceOf('swarm.yaml');
  expect(service).toMatchObject({ init: true, read_only: true, cap_drop: ['ALL'] });
  expect(service).toMatchObject({ networks: ['host'], deploy: { mode: 'global' } });
  expect(service.user).toMatch(/^10001:/);
  expect(service.volumes.at(-1)).toMatch(/:\/var\/run\/docker\.sock$/);
});

test('Both run on the network of the host', () => {
  expect(serviceOf('compose.yaml').network_mode).toBe('host');
  expect(serviceOf('stack.yaml').networks).toEqual(['host']);
});

test('Every variable of the image and of the files is a setting of a command', () => {
  const known = Object.values(TABLES).flatMap((table) => Object.keys(table).map(variableOf));
  const set = ['compose.yaml', 'stack.yaml', 'swarm.yaml', 'swarm-tls.yaml'].flatMap((file) =>
    Object.keys(serviceOf(file).environment),
  );
  const inImage = [...dockerfile.matchAll(/\b(SCATTERCAST_\w+)=/g)].map(([, name = '']) => name);
  expect(inImage.length).toBeGreaterThan(0);
  for (const name of [...set, ...inImage]) expect(known).toContain(name);
});
