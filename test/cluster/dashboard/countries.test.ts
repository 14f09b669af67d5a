/** Listeners by country, from databases of addresses that are good, odd and damaged. */
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { openPlaces, startCountries } from '../../../src/cluster/dashboard/countries.js';
import { afterTest } from '../../after-test.js';
import { nodeId } from '../../scx/support.js';
import { startFake } from '../fake-cluster.js';
import { NIGHT, quiet, statusOf, temporaryFolder } from '../support.js';
import { tinyMmdb } from './tiny-mmdb.js';

/** As GeoLite2 and as ip-location-db have it, and what nobody should have. */
const NETWORKS = {
  10: { country: { iso_code: 'DE' }, continent: { code: 'EU' } },
  11: { country_code: 'FR' },
  12: { country: { iso_code: '<b>' } },
  13: 'no record',
};

function fileOf(bytes: Buffer): string {
  const file = `${temporaryFolder()}/places.mmdb`;
  writeFileSync(file, bytes);
  return file;
}

test('A country is known where the database has a code for it', async () => {
  const countryOf = await openPlaces(fileOf(tinyMmdb(NETWORKS)));
  const codes = ['10.1.2.3', '11.0.0.1', '12.0.0.1', '13.0.0.1', '14.0.0.1', '::1', '', 'x'];
  expect(codes.map(countryOf)).toEqual(['DE', 'FR', ...Array(6).fill(undefined)]);
});

test('A file that is no database ends the start with a sentence, and a damaged one counts nobody', async () => {
  for (const file of [fileOf(Buffer.alloc(5000, 'x')), '/nowhere.mmdb', temporaryFolder()]) {
    await expect(openPlaces(file)).rejects.toThrow(/cannot be read \(.*GeoLite2-Country/);
    await expect(startFake({ places: file })).rejects.toThrow(/cannot be read/);
  }
  const bytes = tinyMmdb(NETWORKS);
  const file = fileOf(bytes);
  for (let at = 0; at < bytes.length - 200; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = 0xff;
    writeFileSync(file, damaged);
    const countryOf = await openPlaces(file).catch(() => undefined);
    for (const address of ['10.1.2.3', '11.0.0.1', '255.0.0.1']) {
      expect(countryOf?.(address) ?? 'XX').toMatch(/^[A-Z]{2}$/);
    }
  }
});

test('All listeners are counted, also those that an SCX does not list', async () => {
  const scxs = [nodeId('a'), nodeId('b'), nodeId('c')].map((id, index) =>
    statusOf(id, NIGHT, { listeners: [4, 30, 0][index] ?? 0 }),
  );
  const asked: string[] = [];
  const lists: Record<string, readonly string[]> = {
    [nodeId('a')]: ['10.0.0.1', '10.0.0.2', '11.0.0.1', '99.0.0.1'],
    [nodeId('b')]: ['10.0.0.1', '11.0.0.1', '11.0.0.2'],
  };
  const listeners = async ([scx]: readonly ScxStatus[]) => {
    asked.push(scx?.id ?? '');
    const addresses = lists[scx?.id ?? ''] ?? [];
    return addresses.map((address, id) => ({ id, address, agent: '', connectedS: 1 }));
  };
  const countries = startCountries({
    countryOf: await openPlaces(fileOf(tinyMmdb(NETWORKS))),
    ...{ statuses: () => scxs, clients: { listeners }, log: quiet, lookMs: 5 },
  });
  afterTest(countries.close);
  await expect.poll(() => Object.fromEntries(countries.now())).toEqual({ DE: 12, FR: 21, '??': 1 });
  expect(new Set(asked)).toEqual(new Set([nodeId('a'), nodeId('b')]));
});
