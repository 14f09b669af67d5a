/**
 * Listeners that the hook has admitted before they have come. A player sends a password only to the server
 * for which it was given, and many send one only when they are asked. So the front end has the hook asked
 * before it redirects a player; the player that comes then is not asked about once more. One that does not
 * come has ended for the hook.
 *
 * Bounded: PROMISED_MAX of them, each for COMES_WITHIN_MS.
 */
import type { Admission, AdmittedConnection } from './admission.js';

/** A listener that may come. */
export interface PromisedListener {
  readonly connection: AdmittedConnection;
  readonly admission: Admission;
}

export interface PromisedAdmissions {
  add(listener: PromisedListener): void;
  /** The one that has come, with what it shows; undefined: it was not promised anything. */
  take(shown: Admission, client: Pick<AdmittedConnection, 'address' | 'agent'>): Waiting;
  /** None of them comes any more. */
  close(): void;
}

type Waiting = PromisedListener | undefined;

const COMES_WITHIN_MS = 10_000; // guess: a redirect takes a second on the worst of networks
const PROMISED_MAX = 1024; // guess: a crowd

const keyOf = (
  { mount }: Pick<Admission, 'mount'>,
  { address, agent = '' }: Pick<AdmittedConnection, 'address' | 'agent'>,
): string => JSON.stringify([mount, address, agent]);

/** Creates none. `onMissing`: one has not come. */
export function createPromisedAdmissions(
  onMissing: (listener: PromisedListener) => void,
): PromisedAdmissions {
  /** The oldest first. */
  const promised = new Map<PromisedListener, { key: string; timer: NodeJS.Timeout }>();

  const forget = (listener: PromisedListener): void => {
    clearTimeout(promised.get(listener)?.timer);
    promised.delete(listener);
  };

  const miss = (listener: PromisedListener): void => {
    forget(listener);
    onMissing(listener);
  };

  return {
    add: (listener) => {
      const [oldest] = promised.keys();
      if (oldest !== undefined && promised.size >= PROMISED_MAX) miss(oldest);
      const timer = setTimeout(miss, COMES_WITHIN_MS, listener).unref();
      promised.set(listener, { key: keyOf(listener.admission, listener.connection), timer });
    },
    take: (shown, client) => {
      if (promised.size === 0 || shown.user !== '' || shown.password !== '') return undefined;
      const key = keyOf(shown, client);
      const found = [...promised].find(([, one]) => one.key === key)?.[0];
      if (found !== undefined) forget(found);
      return found;
    },
    close: () => {
      for (const listener of [...promised.keys()]) miss(listener);
    },
  };
}
