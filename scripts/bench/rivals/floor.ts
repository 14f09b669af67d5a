/** The bare C program of floor.c. */
import { start } from '../../../test/e2e/support/processes.js';
import type { Rival } from './rival.js';

export const openFloor: Rival = async ({ floor, tickMs }) => {
  const server = start(floor, [String(tickMs)]);
  const [, port = ''] = await server.line(/^(\d+)$/m);
  return {
    pids: [server.pid],
    urls: [`http://127.0.0.1:${port}/`],
    close: async () => {
      server.child.kill('SIGKILL');
      await server.exited;
    },
  };
};
