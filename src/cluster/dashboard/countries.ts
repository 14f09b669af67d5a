/**
 * The listeners of this cluster by country, if the operator has a database of addresses
 * (runtime/system/address-places.ts). Once a minute each SCX is asked for its listeners; their addresses are
 * looked up, counted and forgotten: only the numbers stay.
 *
 * Bounded: the listeners that an SCX lists, from which the others are estimated; the countries that there are.
 */
import type { Logger } from 'pino';
import type { ScxStatus } from '../../api/scx-status.js';
import type { PlaceOf } from '../../runtime/system/address-places.js';
import type { ScxClients } from '../admin/scx-clients.js';

export interface CountriesOptions {
  readonly placeOf: PlaceOf;
  statuses(): readonly ScxStatus[];
  readonly clients: Pick<ScxClients, 'listeners'>;
  readonly log: Logger;
  readonly lookMs?: number;
}

export interface Countries {
  /** Listeners by country, as they were counted last; UNKNOWN: those whose country is not known. */
  now(): ReadonlyMap<string, number>;
  close(): void;
}

const LOOK_MS = 60_000;
const UNKNOWN = '??';

/** Adds the listeners of one SCX; an SCX may have more of them than it lists. */
function count(
  into: Map<string, number>,
  addresses: readonly string[],
  listeners: number,
  placeOf: PlaceOf,
): void {
  const share = addresses.length === 0 ? 0 : listeners / addresses.length;
  for (const address of addresses) {
    const code = placeOf(address)?.country ?? UNKNOWN;
    into.set(code, (into.get(code) ?? 0) + share);
  }
}

/** Counts from now on. */
export function startCountries(options: CountriesOptions): Countries {
  const { placeOf, statuses, clients, log, lookMs = LOOK_MS } = options;
  let counted: ReadonlyMap<string, number> = new Map();
  let isBusy = false;

  const look = async (): Promise<void> => {
    const counts = new Map<string, number>();
    for (const scx of statuses()) {
      if (scx.listeners === 0) continue;
      const listed = await clients.listeners([scx]);
      const addresses = listed.map(({ address }) => address);
      count(counts, addresses, scx.listeners, placeOf);
    }
    counted = counts;
  };

  const lookOnce = (): void => {
    if (isBusy) return;
    isBusy = true;
    look()
      .catch((error: unknown) => log.warn({ err: error }, 'listeners are not counted by country'))
      .finally(() => {
        isBusy = false;
      });
  };

  const timer = setInterval(lookOnce, lookMs);
  timer.unref();
  return { now: () => counted, close: () => clearInterval(timer) };
}
