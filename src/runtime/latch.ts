/**
 * A promise that is settled from outside. (Node 20 has no `Promise.withResolvers`.) A rejection
 * that is not awaited yet is not an unhandled rejection, because a later `await` gets it.
 */

/** A promise and the two functions that settle it; the first call counts. */
export interface Latch<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: Error): void;
}

/** Creates a latch that is open. */
export function createLatch<Value = void>(): Latch<Value> {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  promise.catch(() => undefined);
  return { promise, resolve: (value) => resolve(value), reject: (error) => reject(error) };
}
