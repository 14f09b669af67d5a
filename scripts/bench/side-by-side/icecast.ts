/**
 * Icecast's form of the scene: a master that the source is attached to, and relays whose
 * configuration names it. There are three relays, of the master itself or of a relay between them
 * and the master.
 */
import type { IcecastServer } from '../../../test/e2e/support/icecast-server.js';
import { until } from '../../../test/e2e/support/processes.js';
import { AUDIO, FRAME_BYTES } from '../players/continuity.js';
import { startPackagedIcecast } from '../rivals/icecast-server.js';
import { type IcecastSource, startIcecastSource } from '../rivals/icecast-source.js';
import type { Scene } from './scene.js';

export interface IcecastTree {
  readonly listeners: number;
  /** Interval at which each relay looks for its master's mounts, s. */
  readonly updateS: number;
  /** Whether what is killed is a relay between the master and the others. */
  readonly isBetween: boolean;
}

const PATH = '/drill.mp3';
const RELAYS = 3;
const CLIENTS_MORE = 50;

const isStreaming = async ({ url }: IcecastServer): Promise<boolean> =>
  (await (await fetch(`${url}/status-json.xsl`)).text()).includes(PATH);

const frames = (): Uint8Array[] =>
  Array.from({ length: AUDIO.length / FRAME_BYTES }, (_, number) =>
    AUDIO.subarray(number * FRAME_BYTES, (number + 1) * FRAME_BYTES),
  );

/**
 * Starts the servers and adds each to `servers`, so that the caller can close them if this fails.
 */
async function build(servers: IcecastServer[], { listeners, updateS, isBetween }: IcecastTree) {
  const clients = listeners + CLIENTS_MORE;
  const add = async (above?: IcecastServer): Promise<IcecastServer> => {
    const master = above === undefined ? {} : { master: { port: above.port, updateS } };
    const server = await startPackagedIcecast({ clients, ...master });
    servers.push(server);
    return server;
  };
  const streaming = async (server: IcecastServer): Promise<void> => {
    await until('the mount', () => isStreaming(server));
  };
  const top = await add();
  const source = startIcecastSource({ port: top.port, path: PATH, frames: frames() });
  await streaming(top);
  const middle = isBetween ? await add(top) : top;
  await streaming(middle);
  const relays: IcecastServer[] = [];
  while (relays.length < RELAYS) relays.push(await add(middle));
  await Promise.all(relays.map(streaming));
  return { source, middle, relays };
}

/** A master, its source, and relays that have its mount. */
export async function openIcecastTree(tree: IcecastTree): Promise<Scene> {
  const servers: IcecastServer[] = [];
  let source: IcecastSource | undefined;
  const close = async (): Promise<void> => {
    source?.stop();
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    const built = await build(servers, tree);
    source = built.source;
    return {
      urls: built.relays.map(({ url }) => `${url}${PATH}`),
      strike: built.middle.kill,
      mend: built.middle.restart,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
