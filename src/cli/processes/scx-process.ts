/**
 * The process of one SCX. Only a cluster starts it: what it is to do comes as one document in the
 * environment. It ends when its session needs it no more, or, in order, at a SIGTERM; whoever
 * watches our output may go away without us.
 */

import { LAUNCH_VARIABLE, type Launch, launchSchema } from '../../api/scx-launch.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { openPredecessor } from '../../scx/hand-over/take-over.js';
import { startScx } from '../../scx/scx.js';
import { ENTRY } from '../shell/entry.js';
import { createLog } from '../shell/log.js';

/** Runs an SCX until it ends. Rejects with a UserError for a bad document and a taken port. */
export async function runScx(): Promise<void> {
  ignoreBrokenOutput();
  // Ctrl-C at the cluster's terminal is for the cluster, which then tells us.
  process.on('SIGINT', () => undefined);
  const launch = readLaunch(process.env[LAUNCH_VARIABLE]);
  const log = await createLog(launch.logLevel);
  const stopping = new Promise<void>((resolve) => process.once('SIGTERM', resolve));
  const scx = await startScx(launch, log, ENTRY, openPredecessor());
  void stopping.then(() => scx.stop());
  await scx.stopped;
}

function ignoreBrokenOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
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
    // Not what is in it: it carries a token.
    throw new UserError(EXIT.usage, `${LAUNCH_VARIABLE} holds no launch document of this version`);
  }
}
