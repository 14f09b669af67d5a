/** `scattercast status`: prints the sessions of a cluster, for people or as JSON. */
import { status } from '../../client/cluster/cluster-api.js';
import { statusOptions } from '../options/cluster-options.js';
import type { Command } from '../shell/command.js';
import { print, printJson } from '../shell/output.js';
import { statusText } from '../views/status-view.js';

export const command: Command<typeof statusOptions> = {
  story:
    'Shows the sessions of a cluster and, for each of its SCXs, the neighbours in the mesh with ' +
    'their round-trip times, the parents and children in the distribution trees, the sources and ' +
    'the number of listeners.',
  operands: [],
  options: statusOptions,
  examples: [
    'scattercast status --cluster http://localhost:8000',
    'scattercast status --cluster http://localhost:8000 --json | jq .sessions[].listeners',
  ],
  run: async ({ cluster, json }) => {
    const answer = await status(cluster);
    await (json ? printJson(answer.raw) : print(statusText(answer.status)));
  },
};
