/** `scattercast status`: what runs at a cluster. */
import { status } from '../../client/cluster/cluster-api.js';
import { statusOptions } from '../options/option-tables.js';
import type { Command } from '../shell/command.js';
import { statusText } from '../views/status-view.js';

export const command: Command<typeof statusOptions> = {
  story:
    'Shows the sessions at a cluster and, for each of its SCXs, its neighbours in the mesh with ' +
    'their RTT, its parents and children in the distribution trees, its sources and listeners.',
  operands: [],
  options: statusOptions,
  examples: [
    'scattercast status --cluster http://localhost:8000',
    'scattercast status --cluster http://localhost:8000 --json | jq .sessions[].listeners',
  ],
  run: async ({ cluster, json }) => {
    const answer = await status(cluster);
    process.stdout.write(
      json ? `${JSON.stringify(answer.raw, null, 2)}\n` : statusText(answer.status),
    );
  },
};
