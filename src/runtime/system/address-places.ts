/**
 * Where addresses are, by a database that the operator has (MMDB): of countries, as MaxMind's GeoLite2-Country and
 * ip-location-db's geo-whois-asn-country, or of cities with coordinates, as GeoLite2-City and dbip-city.
 *
 * Bounded: FILE_BYTES_MAX of the file, which is read into memory.
 */
import { readFile, stat } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { Reader, type Response } from 'maxmind';
import type { EarthPlace, Position } from '../../lib/earth/earth-place.js';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';

/** The place of an address; undefined if it is not known, or the text is no address. */
export type PlaceOf = (address: string) => EarthPlace | undefined;

const FILE_BYTES_MAX = 512 * 1024 * 1024;
const CODE = /^[A-Z]{2}$/;

type Record = { readonly [Field in string]?: unknown };

const recordIn = (value: unknown): Record => (value ?? {}) as Record;

/** Databases differ in where the code stands. */
function codeIn(record: Record): string | undefined {
  const country = recordIn(record.country);
  const code = record.country_code ?? country.iso_code ?? record.country;
  return typeof code === 'string' && CODE.test(code) ? code : undefined;
}

const degreesIn = (value: unknown, max: number): number | undefined =>
  typeof value === 'number' && Math.abs(value) <= max ? value : undefined;

/** MaxMind has coordinates in a record of their own, ip-location-db beside the country. */
function positionIn(record: Record): Position | undefined {
  const location = recordIn(record.location ?? record);
  const latitude = degreesIn(location.latitude, 90);
  const longitude = degreesIn(location.longitude, 180);
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

function placeIn(found: unknown): EarthPlace | undefined {
  const record = recordIn(found);
  const [country, position] = [codeIn(record), positionIn(record)];
  return country === undefined && position === undefined ? undefined : { country, position };
}

/**
 * A damaged database may throw at any address. In one of IPv4 the reader takes the first 32 bits of an IPv6 address for
 * an IPv4 address, which would be anywhere.
 */
function createLookUp(reader: Reader<Response>): PlaceOf {
  const isIPv4Only = reader.metadata.ipVersion === 4;
  return (address) => {
    if (isIPv4Only && isIPv6(address)) return undefined;
    try {
      return placeIn(reader.get(address));
    } catch {
      return undefined;
    }
  };
}

/** Opens a database of addresses. Rejects with a UserError if the file is none. */
export async function openPlaces(file: string): Promise<PlaceOf> {
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) throw new UserError(EXIT.file, `${file} is too large for --places`);
    return createLookUp(new Reader<Response>(await readFile(file)));
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === undefined ? 'it is no MMDB file' : systemReason(error);
    const advice = 'give --places a database like GeoLite2-Country.mmdb or GeoLite2-City.mmdb';
    throw new UserError(EXIT.file, `${file} cannot be read (${why}): ${advice}`);
  }
}
