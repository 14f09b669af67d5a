/**
 * The alerts and the dashboard, asked of a real Prometheus that watches a real cluster: every query is
 * valid, and every metric that it names exists.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { has } from '../support/players.js';
import { freePorts } from '../support/ports.js';
import { CLIP, ROOT, type Running, start, until } from '../support/processes.js';
import { createStage } from '../support/stage.js';

const FOLDER = join(ROOT, 'scripts/packaging/monitoring');
const stage = createStage();
let prometheus: Running | undefined;

afterAll(async () => {
  prometheus?.child.kill('SIGTERM');
  await prometheus?.exited;
  await stage.close();
});

const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

const alerts = (parse(read('scattercast-rules.yaml')) as Rules).groups.flatMap(({ rules }) =>
  rules.map(({ expr }) => expr),
);
const panels = (JSON.parse(read('grafana-dashboard.json')) as Dashboard).panels.flatMap(
  ({ targets }) => targets.map(({ expr }) => expr),
);

const METRIC = /\b(?:scattercast|process|nodejs)_\w+/g;

/** A cluster with a session on the air; the addresses of its front end and its SCX. */
async function clusterOnAir(): Promise<readonly string[]> {
  const cluster = await stage.cluster();
  const announcement = await stage.announce(cluster, 'scattercast://radio.example/night');
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const scx = await until('the SCX', async () => (await cluster.scxs())[0]);
  return [new URL(cluster.url).host, new URL(scx.httpUrl).host];
}

async function metricsAt(address: string): Promise<readonly string[]> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name);
}

/** Starts Prometheus with our configuration, for these addresses; its URL. */
async function watch([frontEnd = '', scx = '']: readonly string[]): Promise<string> {
  const config = read('prometheus.yaml')
    .replace(/\["localhost:8000"\]/, JSON.stringify([frontEnd]))
    .replace(/\["localhost:8100".*\]/, JSON.stringify([scx]));
  expect(config).toContain(scx);
  const global = 'global: { scrape_interval: 1s, evaluation_interval: 1s }\n';
  const file = join(stage.directory, 'prometheus.yaml');
  writeFileSync(file, global + config);
  cpSync(join(FOLDER, 'scattercast-rules.yaml'), join(stage.directory, 'scattercast-rules.yaml'));
  execFileSync('promtool', ['check', 'config', file]);
  const address = `127.0.0.1:${await freePorts(1)}`;
  const data = join(stage.directory, 'prometheus');
  const flags = [`--config.file=${file}`, `--storage.tsdb.path=${data}`];
  prometheus = start('prometheus', [...flags, `--web.listen-address=${address}`]);
  return `http://${address}`;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}

async function ask(url: string, query: string): Promise<Answer> {
  const asked = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  return (await asked.json()) as Answer;
}

test.skipIf(!has('prometheus'))(
  'Every query of alerts and dashboard finds its metrics',
  async () => {
    const addresses = await clusterOnAir();
    const known = new Set((await Promise.all(addresses.map(metricsAt))).flat());
    expect(alerts.length + panels.length).toBeGreaterThan(15);
    for (const query of [...alerts, ...panels]) {
      const unknown = (query.match(METRIC) ?? []).filter((name) => !known.has(name));
      expect([query, unknown]).toEqual([query, []]);
    }
    const url = await watch(addresses);
    for (const query of panels) {
      const found = async () => ((await ask(url, query)).data?.result.length ?? 0) > 0;
      await until(`a value of ${query}`, found);
    }
    // A cluster that is well raises no alert.
    for (const query of alerts) {
      expect([query, await ask(url, query)]).toMatchObject([
        query,
        { status: 'success', data: { result: [] } },
      ]);
    }
  },
);
