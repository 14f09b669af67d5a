/** `scattercast status`: prints the sessions of a cluster, for people or as JSON. */
import { status } from '../../client/cluster/cluster-api.js';
import { type StatusSettings, statusOptions } from '../options/cluster-options.js';
import { recordOverlay } from '../recording/record-overlay.js';
import type { Command } from '../shell/command.js';
import { print, printJson } from '../shell/output.js';
import { statusText } from '../views/status-view.js';
import { secretOfCluster } from './data-directory.js';

export const command: Command<typeof statusOptions> = {
  story:
    'Shows the sessions of a cluster and, for each of its SCXs, the neighbours in the mesh with ' +
    'their round-trip times, the parents and children in the distribution trees, the sources and ' +
    'the number of listeners. With --record it records how the overlay of a session changes, for ' +
    'the page /overlay.',
  operands: [],
  options: statusOptions,
  examples: [
    'scattercast status --cluster http://localhost:8000',
    'scattercast status --cluster http://localhost:8000 --json | jq .sessions[].listeners',
    'scattercast status --cluster http://localhost:8000 --record overlay.jsonl',
  ],
  run,
};

/** Prints the status once, or records until Ctrl-C. */
async function run(settings: StatusSettings): Promise<void> {
  const { cluster, json, record: file, session } = settings;
  if (file !== undefined) {
    return recordOverlay({ cluster, file, session, credentials: await credentialsOf(settings) });
  }
  const answer = await status(cluster);
  await (json ? printJson(answer.raw) : print(statusText(answer.status)));
}

/** The operator's token, or what the data directory of a cluster on this machine gives. */
async function credentialsOf({ cluster, operatorToken, dataDir }: StatusSettings) {
  if (operatorToken !== undefined) return { operatorToken };
  return { clusterSecret: await secretOfCluster(cluster, dataDir) };
}
