/** Listeners by country, by a database of addresses. */
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { startCountries } from '../../../src/cluster/dashboard/countries.js';
import { openPlaces } from '../../../src/runtime/system/address-places.js';
import { afterTest } from '../../after-test.js';
import { tinyMmdb } from '../../runtime/system/tiny-mmdb.js';
import { nodeId } from '../../scx/support.js';
import { startFake } from '../fake-cluster.js';
import { NIGHT, quiet, statusOf, temporaryFolder } from '../support.js';

const NETWORKS = { 10: { country: { iso_code: 'DE' } }, 11: { country_code: 'FR' } };

function fileOf(bytes: Buffer): string {
  const file = `${temporaryFolder()}/places.mmdb`;
  writeFileSync(file, bytes);
  return file;
}

test('A file that is no database ends the start of a cluster with a sentence', async () => {
  const file = fileOf(Buffer.alloc(5000, 'x'));
  await expect(startFake({ places: file })).rejects.toThrow(/cannot be read/);
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
    placeOf: await openPlaces(fileOf(tinyMmdb(NETWORKS))),
    ...{ statuses: () => scxs, clients: { listeners }, log: quiet, lookMs: 5 },
  });
  afterTest(countries.close);
  await expect.poll(() => Object.fromEntries(countries.now())).toEqual({ DE: 12, FR: 21, '??': 1 });
  expect(new Set(asked)).toEqual(new Set([nodeId('a'), nodeId('b')]));
});
