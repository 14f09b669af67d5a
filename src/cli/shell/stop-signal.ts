/**
 * Ctrl-C and kill. The first signal asks the process to end in order, for which it has less than
 * three seconds. A second signal ends it at once.
 */

/** Time to end in order, ms: a user waits for about 3 s, and exiting takes some of them. Guess. */
const STOP_MS_MAX = 2800;

/**
 * A second signal within this time, ms, is ignored: one Ctrl-C in `npm start` arrives twice, from
 * the terminal and from npm.
 */
const SAME_MS = 400;

/** 128 plus the number of SIGINT, the convention of shells. */
const INTERRUPTED = 130;

/** SIGHUP arrives when the terminal is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborted by the first signal; the process then exits within STOP_MS_MAX, finished or not. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  let since = 0;
  const onSignal = (): void => {
    if (!stopping.signal.aborted) {
      since = performance.now();
      setTimeout(() => process.exit(), STOP_MS_MAX).unref();
      stopping.abort();
    } else if (performance.now() - since > SAME_MS) {
      process.exit(INTERRUPTED);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return stopping.signal;
}

/** Resolves when the signal is aborted. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
