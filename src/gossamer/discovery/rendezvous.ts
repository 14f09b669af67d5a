/**
 * Rendezvous (§3.4): "When a new SCX joins the session, it initializes its mesh membership set Γ(X)
 * to the list of rendezvous points for the session. Using the Name Dropper algorithm described in
 * the previous section, it can eventually discover all the other nodes in the mesh."
 *
 * Beyond: a rendezvous location may be the URL of a front end, which answers with the present
 * address of its SCX. The environment resolves locations, again and again while no member is known,
 * so a rendezvous point that was restarted elsewhere is found.
 */
import { type ClockedContext, jittered } from '../core/context.js';
import type { Address } from '../core/node.js';

/** The wait between attempts doubles from the first to the last, ms. Guess. */
const RETRY_FIRST_MS = 250;
const RETRY_LAST_MS = 5000;

export interface Rendezvous {
  /** Resolves every location; each address that is found is contacted. */
  call(): void;
  /** Calls at once, and then repeatedly with backoff until `settle`. */
  callUntilSettled(now: number): void;
  settle(): void;
  handleLocated(address: Address | undefined, now: number): void;
  tick(now: number): void;
  deadline(): number;
}

/**
 * Creates the search for rendezvous points. `onContact` is called with each address that is found,
 * our own excluded.
 */
export function createRendezvous(
  context: ClockedContext,
  locations: readonly string[],
  onContact: (address: Address, now: number) => void,
): Rendezvous {
  let nextCall = Number.POSITIVE_INFINITY;
  let waitMs = RETRY_FIRST_MS;

  const call = (): void => {
    for (const location of locations) context.emit({ kind: 'locate', location });
  };

  return {
    call,
    callUntilSettled: (now) => {
      if (nextCall !== Number.POSITIVE_INFINITY) return;
      waitMs = RETRY_FIRST_MS;
      nextCall = now;
      context.wakeBy(nextCall);
    },
    settle: () => {
      nextCall = Number.POSITIVE_INFINITY;
    },
    handleLocated: (address, now) => {
      if (address !== undefined && address !== context.self().address) onContact(address, now);
    },
    tick: (now) => {
      call();
      nextCall = now + jittered(context, waitMs);
      waitMs = Math.min(2 * waitMs, RETRY_LAST_MS);
    },
    deadline() {
      return nextCall;
    },
  };
}
