/**
 * The scene of the benchmark: hosts at a bridge, with a cluster each that carries the same broadcast. The
 * first one has the source. Whatever parent the SCX of another host chooses, the way to it is the line of its
 * host, which can be made narrow. Listeners are on the hosts of their clusters, so what they are sent does
 * not take that line.
 */
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalHost, openLocalNetwork } from '../../../test/e2e/support/local-network.js';
import { type Running, start, until } from '../../../test/e2e/support/processes.js';
import { createStage, listenUrl, type Stage } from '../../../test/e2e/support/stage.js';
import { closeOnSignal } from '../machine/close-on-signal.js';
import { type Arrival, parseArrivals } from './heard.js';

const PATH = 'radio.example/night';
/** Many processes start at once, on a busy machine, ms. */
const HEARD_WITHIN_MS = 120_000;

export interface SceneOptions {
  readonly hosts: number;
  readonly renditions: string;
  /** The MP3 that is broadcast in a loop. */
  readonly file: Uint8Array;
}

export interface Scene {
  readonly hosts: readonly LocalHost[];
  /** What the listener at each host but the first has heard so far. */
  arrivals(host: number): readonly Arrival[];
  close(): Promise<void>;
}

/** A listener in a process on that host; its output is kept in a file. */
function startListener({ within }: LocalHost, url: string, file: string) {
  const script = ['--import', 'tsx', 'scripts/bench/narrow/listener.ts', url];
  const [program = '', ...args] = [...within, process.execPath, ...script];
  writeFileSync(file, '');
  const running = start(program, args);
  running.child.stdout?.pipe(createWriteStream(file));
  return running;
}

/** Starts everything; `listeners` are those that run. Returns what they have heard so far. */
async function build(
  { hosts }: Pick<Scene, 'hosts'>,
  stage: Stage,
  options: SceneOptions,
  listeners: Running[],
): Promise<Scene['arrivals']> {
  // As often as the broadcaster sends: what waits at the SCX is not the line's doing.
  const extra = ['--write-interval', '0.1', '--linger', '600'];
  const clusters = await Promise.all(hosts.map((host) => stage.cluster({ host, extra })));
  const [home] = clusters;
  if (home === undefined) throw new Error('there is no host');
  const offer = options.renditions === 'none' ? [] : ['--renditions', options.renditions];
  const announcement = await stage.announce(home, `scattercast://${PATH}`, ...offer);
  const clip = join(stage.directory, 'tones.mp3');
  writeFileSync(clip, options.file);
  const env = { SCATTERCAST_PASSWORD: stage.secretsOf(announcement).password };
  const to = ['--cluster', home.url, '--announcement', announcement];
  const sent = stage.run(['broadcast', ...to, '--loop', clip], { env, host: home.host });
  await sent.line(/on the air/);
  const files = clusters.slice(1).map((_, index) => join(stage.directory, `heard-${index + 1}`));
  for (const [index, file] of files.entries()) {
    const cluster = clusters[index + 1] ?? home;
    const host = hosts[index + 1] as LocalHost;
    listeners.push(startListener(host, listenUrl(cluster, announcement), file));
  }
  const arrivals = (host: number): Arrival[] =>
    parseArrivals(readFileSync(files[host - 1] ?? '', 'latin1'));
  const hear = (): boolean => files.every((_, index) => arrivals(index + 1).length > 1);
  await until('all to hear', hear, HEARD_WITHIN_MS);
  return arrivals;
}

/** Opens a scene, in which all listeners hear. When it fails, what it has started is gone again. */
export async function openScene(options: SceneOptions): Promise<Scene> {
  const network = openLocalNetwork(options.hosts);
  const stage = createStage();
  const listeners: Running[] = [];
  const close = async (): Promise<void> => {
    for (const { child } of listeners) child.kill('SIGKILL');
    await Promise.all(listeners.map(({ exited }) => exited));
    await stage.close();
    network.close();
  };
  closeOnSignal(close);
  try {
    const arrivals = await build(network, stage, options, listeners);
    return { hosts: network.hosts, arrivals, close };
  } catch (error) {
    await close();
    throw error;
  }
}
