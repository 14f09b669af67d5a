/**
 * What a map of the overlay costs: processor time of the SCX that tells of it, of an SCX that is watched, and of the
 * front end that serves all viewers, with none, one and many of them. Each viewer is a connection that reads. Then
 * an SCX is killed, and the time is taken until a viewer is told. Last, a browser draws a large overlay.
 */
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { overlayPath } from '../../src/api/overlay-map/overlay-record.js';
import { CLIP, until } from '../../test/e2e/support/processes.js';
import { type Cluster, createStage } from '../../test/e2e/support/stage.js';
import { type Benchmark, numberOf, type Row } from './benchmark.js';
import { cpuSeconds } from './machine/process-metrics.js';
import { mapFrames } from './players/map-frames.js';

const PATH = 'bench.example/map';

export const flags: Benchmark['flags'] = {
  viewers: { standard: '1000', help: 'viewers of the map' },
  clusters: { standard: '5', help: 'clusters, each with one SCX of the session' },
  scxs: { standard: '500', help: 'SCXs of the overlay that a browser draws; 0: none' },
  seconds: { standard: '20', help: 'how long each row is measured' },
};

/** One who looks; resolves when the events begin. */
function view(cluster: Cluster, token: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const asking = get(
      `${cluster.url}${overlayPath(PATH)}`,
      { headers, agent: false },
      (answer) => {
        answer.resume().on('error', () => undefined);
        resolve(answer);
      },
    );
    asking.on('error', reject);
  });
}

interface Watched {
  readonly frontEnd: number;
  readonly telling: number;
  readonly watched: number;
}

/** Processor time of each process in a while, as a share of a core. */
async function measure(what: string, pids: Watched, seconds: number): Promise<Row> {
  const names = ['frontEnd', 'telling', 'watched'] as const;
  const before = names.map((name) => cpuSeconds(pids[name]));
  await pause(seconds * 1000);
  const shares = names.map((name, at) => {
    const used = cpuSeconds(pids[name]) - (before[at] ?? 0);
    return [`${name} % of a core`, Math.round((1000 * used) / seconds) / 10];
  });
  return { what, ...Object.fromEntries(shares) };
}

/** Kills an SCX; resolves to the time until the viewer is told that it is gone, ms. */
async function killSeen(viewer: IncomingMessage, pid: number): Promise<number> {
  const told = new Promise<void>((resolve) => {
    viewer.on('data', (bytes: Buffer) => `${bytes}`.includes('"kind":"gone"') && resolve());
  });
  const killedAt = performance.now();
  process.kill(pid, 'SIGKILL');
  await told;
  return performance.now() - killedAt;
}

export const run: Benchmark['run'] = async (given) => {
  const [viewers, count, scxs, seconds] = ['viewers', 'clusters', 'scxs', 'seconds'].map((flag) =>
    numberOf(given, flag),
  ) as [number, number, number, number];
  const stage = createStage();
  const open: IncomingMessage[] = [];
  try {
    const clusters = await stage.clusters(count);
    const [home, ...others] = clusters as [Cluster, ...Cluster[]];
    const announcement = await stage.announce(home, `scattercast://${PATH}`);
    await stage.broadcast(home, announcement, '--loop', CLIP);
    for (const { url } of others) {
      const listened = await fetch(`${url}/listen?${new URLSearchParams({ announcement })}`);
      void listened.body?.pipeTo(new WritableStream()).catch(() => undefined);
    }
    await until('all SCXs', async () => (await home.scxs())[0]?.membersKnown === count - 1);
    const token = readFileSync(join(home.dataDir, 'admin-token'), 'utf8').trim();
    const pidOf = async (cluster: Cluster) => (await cluster.scxs())[0]?.pid ?? Number.NaN;
    const pids = {
      frontEnd: home.process.child.pid ?? Number.NaN,
      telling: await pidOf(home),
      watched: await pidOf(others[0] ?? home),
    };
    const rows = [await measure('no viewer', pids, seconds)];
    open.push(await view(home, token));
    await pause(3000);
    rows.push(await measure('1 viewer', pids, seconds));
    while (open.length < viewers) {
      const more = Math.min(50, viewers - open.length);
      open.push(...(await Promise.all(Array.from({ length: more }, () => view(home, token)))));
    }
    await pause(3000);
    rows.push(await measure(`${viewers} viewers`, pids, seconds));
    const ms = await killSeen(open[0] as IncomingMessage, pids.watched);
    rows.push({ what: `a kill is told after ${Math.round(ms)} ms` });
    for (const viewer of open) viewer.destroy();
    if (scxs > 0) rows.push(await mapFrames(`${home.url}/overlay`, scxs, seconds));
    return rows;
  } finally {
    for (const viewer of open) viewer.destroy();
    await stage.close();
  }
};
