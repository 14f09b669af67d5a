/**
 * Watches from which networks the connections to this cluster come, and their round trips
 * (runtime/system/round-trips.ts): those to the front end and those to the SCXs of this machine.
 *
 * Connections of proxies do not show where a listener is, nor do those of this machine itself.
 */
import type { Logger } from 'pino';
import { isLoopback, limitedAs, networkOf } from '../../http/ip-address.js';
import type { IsTrusted } from '../../http/server/client-address.js';
import { lookAtRoundTrips, type RoundTripLooks } from '../../runtime/system/round-trips.js';

export interface WatchOptions {
  /** Of the front end and of the SCXs. */
  ports(): ReadonlySet<number>;
  readonly isProxy: IsTrusted;
  /** A listener of a network; `client` is what a limit counts (http/ip-address.ts). */
  onSeen(network: string, client: string, rttMs: number): void;
  readonly log: Logger;
  /** For tests. */
  readonly looks?: Pick<RoundTripLooks, 'everyMs' | 'read'> | undefined;
}

const UNKNOWN =
  'Round trips of listeners are not known here: there is no program ss (iproute2). Listeners are sent ' +
  'to nearer clusters only by what others have seen';

/** Starts to watch; returns what ends it. */
export function watchNetworks({ ports, isProxy, onSeen, log, looks }: WatchOptions): () => void {
  let isTold = false;
  return lookAtRoundTrips({
    ...looks,
    ports,
    onLook: ({ isKnown, connections }) => {
      if (!isKnown && !isTold) log.warn(UNKNOWN);
      isTold ||= !isKnown;
      for (const { address, rttMs } of connections) {
        const network = networkOf(address);
        if (network === '' || isLoopback(address) || isProxy(address)) continue;
        onSeen(network, limitedAs(address), rttMs);
      }
    },
  });
}
