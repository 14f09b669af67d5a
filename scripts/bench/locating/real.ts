/**
 * One address for a station, with real processes: five clusters of a private directory and a network of
 * listeners near each, on hosts with real delays between them (drills/network.ts). All listeners ask one
 * cluster; who serves them is what is measured, also when the nearest one is killed and comes back.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { has } from '../../../test/e2e/support/players.js';
import { type Running, start, until } from '../../../test/e2e/support/processes.js';
import {
  type Cluster,
  createStage,
  type Host,
  killCluster,
  type Stage,
} from '../../../test/e2e/support/stage.js';
import type { Row } from '../benchmark.js';
import { type Network, openNetwork } from '../drills/network.js';
import { numberedAudio } from '../players/numbered-audio.js';

/** Where the clusters are, on a line, and how far their listeners are from them; one way, ms. */
const AT_MS = [0, 15, 30, 45, 60];
const ACCESS_MS = 3;
const PATH = 'drill.example/steady';
const DIRECTORY = 'drill.example/all';
const PORT = 8000;
/** So many addresses of a network listen. */
const LISTENERS = 3;
/** Connections are looked at every five seconds, on a busy machine less often; ms. */
const STAY_MS = 15_000;
const LEARNED_WITHIN_MS = 300_000;
const AGAIN_WITHIN_MS = 60_000;

/** What a player hears. */
interface Heard {
  readonly at: number;
  readonly url: string;
  readonly silentMs: number;
}

interface Scene {
  readonly stage: Stage;
  readonly network: Network;
  readonly clusters: readonly Cluster[];
  /** The hosts of listeners, by cluster. */
  readonly sites: readonly Host[];
  /** The one address. */
  readonly url: string;
}

const delayMs = (one: number, other: number): number =>
  Math.abs((AT_MS[one] ?? 0) - (AT_MS[other] ?? 0));

/** Clusters are hosts 1 to 5, their listeners hosts 6 to 10. */
function setDelays({ change }: Network): void {
  const count = AT_MS.length;
  const siteOf = (host: number): number => (host - 1) % count;
  const accessOf = (host: number): number => (host > count ? ACCESS_MS : 0);
  for (let one = 1; one <= 2 * count; one++) {
    for (let other = 1; other < one; other++) {
      const wayMs = delayMs(siteOf(one), siteOf(other)) + accessOf(one) + accessOf(other);
      change?.(one, other, { delayMs: wayMs, jitterMs: 0, loss: 0 });
    }
  }
}

async function keyOf(cluster: Cluster): Promise<string> {
  return (await cluster.status()).cluster.key ?? '';
}

async function openClusters(stage: Stage, hosts: readonly Host[]): Promise<readonly Cluster[]> {
  const directory = `http://${hosts[0]?.address}:${PORT}/announcements/${DIRECTORY}.xml`;
  const extra = ['--directory', directory, '--write-interval', '0.1', '--linger', '600'];
  const clusters = await Promise.all(
    hosts.map((host) => stage.cluster({ host, port: PORT, extra })),
  );
  const [home, ...others] = clusters as [Cluster, ...Cluster[]];
  const keys = await Promise.all(others.map(keyOf));
  const listed = keys.flatMap((key) => ['--carried-by', key]);
  const name = `scattercast://${DIRECTORY}`;
  await stage.announce(home, name, '--directory', '--private', ...listed);
  return clusters;
}

async function openScene(): Promise<Scene> {
  const stage = createStage({ SCATTERCAST_SPARE: '1' });
  const network = await openNetwork(2 * AT_MS.length, stage.directory);
  setDelays(network);
  const hosts = network.hosts.slice(1, 1 + AT_MS.length);
  const sites = network.hosts.slice(1 + AT_MS.length);
  for (const { within, address } of sites) {
    for (let n = 2; n <= LISTENERS + 1; n++) {
      const own = address.replace(/1$/, `${n}`);
      await run([...within, 'ip', 'address', 'add', `${own}/16`, 'dev', 'net0']);
    }
  }
  const clusters = await openClusters(stage, hosts);
  const [home] = clusters as [Cluster];
  const announcement = await stage.announce(home, `scattercast://${PATH}`);
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, numberedAudio());
  await stage.broadcast(home, announcement, '--loop', file);
  return { stage, network, clusters, sites, url: `${home.url}/listen/${PATH}.mp3` };
}

async function run([program = '', ...args]: readonly string[]): Promise<void> {
  const running = start(program, args);
  const { code } = await running.exited;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${running.stderr()}`);
}

/** A player at a site; `n` is the last byte of its address. */
interface Player {
  heard(): readonly Heard[];
  stop(): Promise<void>;
}

function playAt({ sites, url }: Scene, site: number, n: number): Player {
  const host = sites[site] as Host;
  const own = host.address.replace(/1$/, `${n}`);
  const script = 'scripts/bench/locating/player.mjs';
  const [program = '', ...args] = [...host.within, process.execPath, script, url, own];
  const running: Running = start(program, args);
  return {
    heard: () =>
      running
        .stdout()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Heard),
    stop: async () => {
      running.child.kill('SIGTERM');
      await running.exited;
    },
  };
}

/** The cluster at whose SCX a player hears. */
const siteOf = ({ clusters }: Scene, { url }: Heard): number =>
  clusters.findIndex(({ host }) => host.address === new URL(url).hostname);

/** Where a newcomer is served. */
async function newcomer(scene: Scene, site: number, n = 2): Promise<number> {
  const player = playAt(scene, site, n);
  const first = await until('a newcomer to hear', () => player.heard()[0]);
  await player.stop();
  return siteOf(scene, first);
}

const tell = (text: string): void => console.error(text);

/** Listeners come until all networks are served by the nearest; resolves to what that took. */
async function learn(scene: Scene): Promise<{ readonly rounds: number; readonly seconds: number }> {
  const begun = Date.now();
  for (let rounds = 0; ; rounds++) {
    const served = await Promise.all(AT_MS.map((_, site) => newcomer(scene, site)));
    tell(`round ${rounds}: listeners of 1 to 5 are served by ${served.map((one) => one + 1)}`);
    const seconds = (Date.now() - begun) / 1000;
    if (served.every((at, site) => at === site)) return { rounds, seconds };
    if (Date.now() - begun > LEARNED_WITHIN_MS) throw new Error('listeners stay far away');
    const players = AT_MS.flatMap((_, site) =>
      Array.from({ length: LISTENERS }, (_, n) => playAt(scene, site, n + 2)),
    );
    await until('all to hear', () => players.every((player) => player.heard().length > 0));
    await new Promise((done) => setTimeout(done, STAY_MS));
    await Promise.all(players.map((player) => player.stop()));
  }
}

/** Kills the cluster at a site, and brings it back. */
async function killAndReturn(scene: Scene, site: number): Promise<readonly Row[]> {
  const cluster = scene.clusters[site] as Cluster;
  const players = Array.from({ length: LISTENERS }, (_, n) => playAt(scene, site, n + 2));
  await until('players to hear', () => players.every((player) => player.heard().length > 0));
  await killCluster(cluster);
  const back = await until('players to hear again', () => {
    const seconds = players.flatMap((player) => player.heard()[1] ?? []);
    return seconds.length === players.length && seconds;
  });
  await Promise.all(players.map((player) => player.stop()));
  const newcomerAt = await newcomer(scene, site);
  await cluster.again();
  const upAt = Date.now();
  await until(
    'newcomers to get it again',
    async () => (await newcomer(scene, site)) === site,
    AGAIN_WITHIN_MS,
  );
  const backMs = back.map(({ silentMs }) => silentMs);
  const servedBy = back.map((heard) => siteOf(scene, heard) + 1).join();
  return [
    {
      what: `kill -9 of cluster ${site + 1}: its ${LISTENERS} players hear again`,
      seen: `after ${backMs.join(', ')} ms, from cluster ${servedBy}; a newcomer: ${newcomerAt + 1}`,
    },
    {
      what: 'it is back, and gets newcomers again',
      seen: `${((Date.now() - upAt) / 1000).toFixed(1)} s after it listens`,
    },
  ];
}

/** Real players, and how each is told to play for two seconds. */
const PLAYERS: Readonly<Record<string, (url: string) => readonly string[]>> = {
  mpg123: (url) => ['-q', '-t', '-n', '80', url],
  ffmpeg: (url) => ['-v', 'error', '-nostdin', '-i', url, '-t', '2', '-f', 'null', '-'],
  cvlc: (url) => ['-q', '--aout', 'adummy', '--run-time', '3', url, 'vlc://quit'],
};

/** VLC does not run as root. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** Whether a real player at a site hears from the cluster there. */
async function realPlayer(scene: Scene, site: number, name: string): Promise<Row> {
  const what = `${name} follows`;
  if (!has(name)) return { what, seen: 'is not installed' };
  const total = async (): Promise<number> => {
    const sessions = (await scene.clusters[site]?.status())?.sessions ?? [];
    return sessions.reduce((sum, { listenersTotal }) => sum + listenersTotal, 0);
  };
  const before = await total();
  const { within } = scene.sites[site] as Host;
  const asNobody = name === 'cvlc' ? NOBODY : [];
  const command = [...within, ...asNobody, name, ...(PLAYERS[name]?.(scene.url) ?? [])];
  const [program = '', ...args] = command;
  const player = start(program, args, { ...process.env, HOME: '/tmp' });
  const { code } = await player.exited;
  const isCounted = await until('it to be counted', async () => (await total()) > before).catch(
    () => false,
  );
  return { what, seen: `exit code ${code}, heard at cluster ${isCounted ? site + 1 : 'none'}` };
}

/** Plays all; a row for each thing that was to be shown. */
export async function locateForReal(): Promise<Row[]> {
  const scene = await openScene();
  const last = AT_MS.length - 1;
  try {
    const { rounds, seconds } = await learn(scene);
    const rows: Row[] = [
      {
        what: 'all five networks are served by their nearest cluster',
        seen: `after ${rounds} rounds of ${LISTENERS} listeners, ${seconds.toFixed(0)} s`,
      },
    ];
    for (const name of Object.keys(PLAYERS)) rows.push(await realPlayer(scene, last, name));
    return [...rows, ...(await killAndReturn(scene, last))];
  } finally {
    await scene.stage.close();
    await scene.network.close();
  }
}
