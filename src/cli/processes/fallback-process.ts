/**
 * The process that plays a session's fallback. Only an SCX starts it: what it is to do comes as one
 * document in the environment. It ends when its standard input does, which is when that SCX wants it
 * to, or has died.
 */

import {
  FALLBACK_VARIABLE,
  type FallbackLaunch,
  fallbackLaunchSchema,
} from '../../api/fallback-launch.js';
import { broadcast } from '../../client/broadcast/broadcaster.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { createLog } from '../shell/log.js';

/** Nothing has a lower one. */
const PRIORITY = 0;
const KEEP_ALIVE_MS = 1000;

/** Plays until it is told to end. Rejects with a UserError when the file or the SCX is not there. */
export async function runFallback(): Promise<void> {
  const { session, scx, secret, file, logLevel } = readDocument(process.env[FALLBACK_VARIABLE]);
  const log = await createLog(logLevel);
  // Ctrl-C at a terminal is for the cluster.
  process.on('SIGINT', () => undefined);
  await broadcast({
    attachment: { session, scx: { ...scx, httpUrl: '' }, keepAliveMs: KEEP_ALIVE_MS },
    clusters: [scx.overlayAddress],
    announcement: session,
    program: { kind: 'files', files: [file.path], title: file.title, loop: true },
    priority: PRIORITY,
    password: secret,
    onProgress: () => undefined,
    onWarning: (reason) => log.warn({ session, reason }, 'The fallback warns.'),
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
    // Not what is in it: it carries a secret.
    throw new UserError(EXIT.usage, `fallback is started by an SCX, with ${FALLBACK_VARIABLE} set`);
  }
}
