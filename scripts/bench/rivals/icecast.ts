/** Icecast as a rival of one SCX: a server, and an encoder that sends it the clip in real time. */
import { setTimeout as pause } from 'node:timers/promises';
import { framesOfFile } from '../../../test/e2e/support/audio.js';
import { CLIP, until } from '../../../test/e2e/support/processes.js';
import { findIcecast, startPackagedIcecast } from './icecast-server.js';
import { startIcecastSource } from './icecast-source.js';
import type { Rival } from './rival.js';

const PATH = '/bench.mp3';
/** Until its queue of 512 KiB holds more than the burst, ms. */
const FILL_MS = 6000;

/** Icecast, fed. */
export const openIcecast: Rival = async ({ listeners }) => {
  findIcecast('--rivals scattercast,floor');
  const server = await startPackagedIcecast({ clients: listeners + 100 });
  const frames = framesOfFile(CLIP);
  const source = startIcecastSource({ port: server.port, path: PATH, frames });
  await until('the source to be on the air', () => source.isOnAir);
  await pause(FILL_MS);
  return {
    pids: [server.pid],
    urls: [`${server.url}${PATH}`],
    close: async () => {
      source.stop();
      await server.close();
    },
  };
};
