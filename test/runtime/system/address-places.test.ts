/** Where addresses are, from databases that are good, odd and damaged. */
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openPlaces } from '../../../src/runtime/system/address-places.js';
import { temporaryFolder } from '../../cluster/support.js';
import { tinyMmdb } from './tiny-mmdb.js';

/** As GeoLite2 and as ip-location-db have it, and what nobody should have. */
const NETWORKS = {
  10: { country: { iso_code: 'DE' }, continent: { code: 'EU' } },
  11: { country_code: 'FR' },
  12: { country: { iso_code: '<b>' } },
  13: 'no record',
  20: { country: { iso_code: 'AU' }, location: { latitude: -33.9, longitude: 151.2 } },
  21: { country_code: 'FR', latitude: 48.9, longitude: 2.4 },
  22: { country_code: 'FR', latitude: 91.5, longitude: 2.4 },
  23: { location: { latitude: 'north', longitude: 2.4 } },
};

function fileOf(bytes: Buffer): string {
  const file = `${temporaryFolder()}/places.mmdb`;
  writeFileSync(file, bytes);
  return file;
}

test('A country is known where the database has a code for it', async () => {
  const placeOf = await openPlaces(fileOf(tinyMmdb(NETWORKS)));
  const codes = ['10.1.2.3', '11.0.0.1', '12.0.0.1', '13.0.0.1', '14.0.0.1', '::1', '', 'x'];
  const found = codes.map((address) => placeOf(address)?.country);
  expect(found).toEqual(['DE', 'FR', ...Array(6).fill(undefined)]);
});

test('Coordinates are known where the database has some that can be', async () => {
  const placeOf = await openPlaces(fileOf(tinyMmdb(NETWORKS)));
  const found = ['20.0.0.0', '21.0.0.1', '22.0.0.1', '23.0.0.1', '10.0.0.1'].map(placeOf);
  expect(found).toEqual([
    { country: 'AU', position: { latitude: -33.9, longitude: 151.2 } },
    { country: 'FR', position: { latitude: 48.9, longitude: 2.4 } },
    { country: 'FR', position: undefined },
    undefined,
    { country: 'DE', position: undefined },
  ]);
});

test('Networks of IPv6 are known', async () => {
  const placeOf = await openPlaces(fileOf(tinyMmdb({ 32: { country_code: 'JP' } }, 6)));
  const found = ['2001:db8:1::', '2a01:db8::1', '10.0.0.1'].map(placeOf);
  expect(found).toEqual([{ country: 'JP', position: undefined }, undefined, undefined]);
});

test('An address of IPv6 is not known to a database of IPv4', async () => {
  const placeOf = await openPlaces(fileOf(tinyMmdb({ 32: { country_code: 'CN' } })));
  expect(['32.1.13.184', '2001:db8::1'].map((address) => placeOf(address)?.country)).toEqual([
    ...['CN', undefined],
  ]);
});

test('A file that is no database ends the start with a sentence, and a damaged one knows nothing', async () => {
  for (const file of [fileOf(Buffer.alloc(5000, 'x')), '/nowhere.mmdb', temporaryFolder()]) {
    await expect(openPlaces(file)).rejects.toThrow(/cannot be read \(.*GeoLite2-Country/);
  }
  const bytes = tinyMmdb(NETWORKS);
  const file = fileOf(bytes);
  for (let at = 0; at < bytes.length - 200; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = 0xff;
    writeFileSync(file, damaged);
    const placeOf = await openPlaces(file).catch(() => undefined);
    for (const address of ['10.1.2.3', '11.0.0.1', '20.0.0.1', '21.0.0.1', '255.0.0.1']) {
      const { country, position } = placeOf?.(address) ?? {};
      expect(country ?? 'XX').toMatch(/^[A-Z]{2}$/);
      expect(Math.abs(position?.latitude ?? 0)).toBeLessThanOrEqual(90);
      expect(Math.abs(position?.longitude ?? 0)).toBeLessThanOrEqual(180);
    }
  }
});
