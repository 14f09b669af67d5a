/**
 * The listeners of this cluster by country, if the operator has a database of addresses (MMDB, as
 * MaxMind's GeoLite2-Country or DB-IP's). Once a minute each SCX is asked for its listeners; their addresses are
 * looked up, counted and forgotten: only the numbers stay.
 *
 * Bounded: FILE_BYTES_MAX of the file; the listeners that an SCX lists, from which the others are estimated;
 * the countries that there are.
 */
import { readFile, stat } from 'node:fs/promises';
import { Reader, type Response } from 'maxmind';
import type { Logger } from 'pino';
import type { ScxStatus } from '../../api/scx-status.js';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';
import type { ScxClients } from '../admin/scx-clients.js';

/** The country of an address, `DE`; undefined if it is not known. */
export type CountryOf = (address: string) => string | undefined;

export interface CountriesOptions {
  readonly countryOf: CountryOf;
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

const FILE_BYTES_MAX = 512 * 1024 * 1024;
const LOOK_MS = 60_000;
const UNKNOWN = '??';
const CODE = /^[A-Z]{2}$/;

type Record = { readonly [Field in string]?: unknown };

/** Databases differ in where the code stands. */
function codeIn(found: unknown): string | undefined {
  const record = (found ?? {}) as Record;
  const country = (record.country ?? {}) as Record;
  const code = record.country_code ?? country.iso_code ?? record.country;
  return typeof code === 'string' && CODE.test(code) ? code : undefined;
}

/** A damaged database may throw at any address. */
function createLookUp(reader: Reader<Response>): CountryOf {
  return (address) => {
    try {
      return codeIn(reader.get(address));
    } catch {
      return undefined;
    }
  };
}

/** Opens a database of addresses. Rejects with a UserError if the file is none. */
export async function openPlaces(file: string): Promise<CountryOf> {
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) throw new UserError(EXIT.file, `${file} is too large for --places`);
    return createLookUp(new Reader<Response>(await readFile(file)));
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === undefined ? 'it is no MMDB file' : systemReason(error);
    const advice = 'give --places a database of countries like GeoLite2-Country.mmdb';
    throw new UserError(EXIT.file, `${file} cannot be read (${why}): ${advice}`);
  }
}

/** Adds the listeners of one SCX; an SCX may have more of them than it lists. */
function count(
  into: Map<string, number>,
  addresses: readonly string[],
  listeners: number,
  countryOf: CountryOf,
): void {
  const share = addresses.length === 0 ? 0 : listeners / addresses.length;
  for (const address of addresses) {
    const code = countryOf(address) ?? UNKNOWN;
    into.set(code, (into.get(code) ?? 0) + share);
  }
}

/** Counts from now on. */
export function startCountries(options: CountriesOptions): Countries {
  const { countryOf, statuses, clients, log, lookMs = LOOK_MS } = options;
  let counted: ReadonlyMap<string, number> = new Map();
  let isBusy = false;

  const look = async (): Promise<void> => {
    const counts = new Map<string, number>();
    for (const scx of statuses()) {
      if (scx.listeners === 0) continue;
      const listed = await clients.listeners([scx]);
      const addresses = listed.map(({ address }) => address);
      count(counts, addresses, scx.listeners, countryOf);
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
