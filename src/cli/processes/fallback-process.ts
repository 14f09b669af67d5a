/**
 * The process that plays a session's fallback: a broadcaster with the lowest priority, attached to
 * the SCX that started it. What to play comes as a JSON document in the environment
 * (api/fallback-launch.ts). The process ends when its standard input ends: the SCX closes it, or
 * has died.
 */

import {
  FALLBACK_VARIABLE,
  type FallbackLaunch,
  fallbackLaunchSchema,
} from '../../api/fallback-launch.js';
import { broadcast } from '../../client/broadcast/broadcaster.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { signingKeyFrom } from '../../runtime/signing-key.js';
import { createLog } from '../shell/log.js';

/** The lowest priority: every other source is heard instead. */
const PRIORITY = 0;
const KEEP_ALIVE_MS = 1000;

/**
 * Plays until its standard input ends. Rejects with a UserError when file or SCX cannot be reached.
 */
export async function runFallback(): Promise<void> {
  const { session, scx, file, logLevel } = readDocument(process.env[FALLBACK_VARIABLE]);
  const log = await createLog(logLevel);
  // Ctrl-C at the cluster's terminal, or its end, reaches this process, too; the cluster decides.
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
  await broadcast({
    attachment: { session, sources: [], scx: { ...scx, httpUrl: '' }, keepAliveMs: KEEP_ALIVE_MS },
    clusters: [scx.overlayAddress],
    announcement: session,
    program: { kind: 'files', files: [file.path], title: file.title, loop: true },
    priority: PRIORITY,
    sourceKey: signingKeyFrom(file.seed),
    onProgress: () => undefined,
    onWarning: (reason) => log.warn({ session, reason }, 'The fallback player reports a problem.'),
    signal: endOfInput(),
  });
}

function endOfInput(): AbortSignal {
  const ending = new AbortController();
  for (const event of ['end', 'close', 'error']) process.stdin.on(event, () => ending.abort());
  process.stdin.resume();
  return ending.signal;
}

function readDocument(json: string | undefined): FallbackLaunch {
  try {
    return fallbackLaunchSchema.parse(JSON.parse(json ?? ''));
  } catch {
    // The message must not quote the document, which contains a secret.
    throw new UserError(EXIT.usage, `fallback is started by an SCX, with ${FALLBACK_VARIABLE} set`);
  }
}
