/**
 * Ctrl-C and kill. The first asks us to end in order, within three seconds; the second, from
 * somebody who cannot wait, ends us at once.
 */

/** The patience of a user, less what it takes to exit. */
const STOP_MS_MAX = 2800;

/** One Ctrl-C in `npm start` arrives twice: from the terminal, and passed on by npm. */
const SAME_MS = 400;

/** 128 and the number of SIGINT, as shells have it. */
const INTERRUPTED = 130;

/** SIGHUP is a terminal that was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborted by the first of the signals; from then on the process has less than three seconds. */
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
