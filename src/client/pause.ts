/** Waiting that can be cut short. */

/** Resolves after `ms`, or as soon as the signal is aborted; never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** The promise's value, or undefined once the signal is aborted, whichever comes first. */
export function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const done = (): void => resolve(undefined);
    if (signal.aborted) done();
    signal.addEventListener('abort', done, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', done));
  });
}
