/**
 * The process of one SCX. Only a cluster starts it, with a JSON document in the environment that
 * says what to do (api/scx-launch.ts). It ends when its session no longer needs it, or, in order,
 * at a SIGTERM. It goes on when the reader of its output goes away.
 */

import { LAUNCH_VARIABLE, type Launch, launchSchema } from '../../api/scx-launch.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { openPredecessor } from '../../scx/hand-over/take-over.js';
import { openGivenEncoders } from '../../scx/ingest/given-encoders.js';
import { startScx } from '../../scx/scx.js';
import { ENTRY } from '../shell/entry.js';
import { createLog } from '../shell/log.js';

/**
 * Runs an SCX until it ends. Rejects with a UserError when the document is malformed or a port is
 * in use.
 */
export async function runScx(): Promise<void> {
  // Ctrl-C at the cluster's terminal, or its end, reaches this process, too. The cluster decides, and sends
  // SIGTERM.
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
  const launch = readLaunch(process.env[LAUNCH_VARIABLE]);
  const log = await createLog(launch.logLevel);
  // Not once: a successor may be told by its cluster and by its predecessor.
  const stopping = new Promise<void>((resolve) => process.on('SIGTERM', () => resolve()));
  // The channel of this process leads to the one that started it: the front end, or another SCX.
  const parent = launch.takesEncoders
    ? { givenEncoders: openGivenEncoders() }
    : { predecessor: openPredecessor() };
  const scx = await startScx({ launch, log, entry: ENTRY, ...parent });
  void stopping.then(() => scx.stop());
  await scx.stopped;
}

function readLaunch(json: string | undefined): Launch {
  if (json === undefined) {
    throw new UserError(
      EXIT.usage,
      `scx is started by a cluster, with ${LAUNCH_VARIABLE} set; run "scattercast cluster"`,
    );
  }
  try {
    return launchSchema.parse(JSON.parse(json));
  } catch {
    // The message must not quote the document, which contains a token.
    throw new UserError(
      EXIT.usage,
      `${LAUNCH_VARIABLE} does not contain a launch document of this version`,
    );
  }
}
