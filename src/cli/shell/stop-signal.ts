/**
 * Ctrl-C and kill. The first signal asks the process to end in order, for which it has less than
 * three seconds. A second signal ends it at once.
 *
 * SIGHUP has two meanings. It arrives when the terminal of a process is closed; then the process
 * ends. A process without a terminal gets it from an administrator, who wants files to be opened
 * anew, or although it runs under `nohup`, which takes the terminal away. Then it goes on.
 *
 * A signal that was ignored before the program began is to stay ignored, but Node resets all of them when
 * it starts. What is left is what the parent process ignores, a script with `trap '' HUP` for example: a
 * child inherits that.
 */
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EXIT } from '../../lib/user-error.js';
import { isAllWritten } from './output.js';

/** Time to end in order, ms: a user waits for about 3 s, and exiting takes some of them. Guess. */
const STOP_MS_MAX = 2800;

/**
 * A second signal within this time, ms, is ignored: one Ctrl-C in `npm start` arrives twice, from
 * the terminal and from npm.
 */
const SAME_MS = 400;

/** 128 plus the number of SIGINT, the convention of shells. */
const INTERRUPTED = 130;

const STANDARD_FILES = [0, 1, 2];

/** SIGHUP in a mask of /proc: signal 1 is the lowest bit. */
const HANG_UP_BIT = 1;

/** Whether the parent process ignores SIGHUP; false where that is not known. */
function parentIgnoresHangUp(): boolean {
  try {
    const status = readFileSync(`/proc/${process.ppid}/status`, 'latin1');
    const lastDigit = /^SigIgn:\s*[\da-f]*([\da-f])$/m.exec(status)?.[1] ?? '0';
    return (Number.parseInt(lastDigit, 16) & HANG_UP_BIT) !== 0;
  } catch {
    return false;
  }
}

/** Whether a SIGHUP means that the terminal is closed, and that this process is to end with it. */
const endsWithTerminal = (): boolean => STANDARD_FILES.some(isatty) && !parentIgnoresHangUp();

/**
 * Aborted by the first signal; the process then exits within STOP_MS_MAX, finished or not.
 * `onHangUp` is called for each SIGHUP that the process survives.
 */
export function stopSignal(onHangUp: () => void = () => undefined): AbortSignal {
  const stopping = new AbortController();
  let since = 0;
  const onSignal = (): void => {
    if (!stopping.signal.aborted) {
      since = performance.now();
      setTimeout(() => process.exit(isAllWritten() ? undefined : EXIT.file), STOP_MS_MAX).unref();
      stopping.abort();
    } else if (performance.now() - since > SAME_MS) {
      process.exit(INTERRUPTED);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', endsWithTerminal() ? onSignal : onHangUp);
  return stopping.signal;
}

/** Resolves when the signal is aborted. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
