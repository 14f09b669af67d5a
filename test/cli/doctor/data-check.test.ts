/** What the doctor says about data directories. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkData, type DataFacts, dataFacts } from '../../../src/cli/doctor/data-check.js';
import {
  loadAdminToken,
  loadClusterKey,
  loadSecret,
} from '../../../src/cluster/data/lease-secret.js';
import { temporaryFolder } from '../../cluster/support.js';

describe('Doctor on the data directory', () => {
  const facts: DataFacts = {
    ...{ path: '/var/data', usedPath: '/var/data', denied: undefined, open: [] },
    ...{ freeBytes: 5e9, freeFiles: 1e6 },
  };

  test('is content with one that can be used, and with one that can be made', () => {
    expect(checkData(facts)).toMatchObject({ state: 'good' });
    expect(checkData({ ...facts, usedPath: '/var' })).toMatchObject({ state: 'good' });
    expect(checkData({ ...facts, freeFiles: undefined })).toMatchObject({ state: 'good' });
  });

  test('says why it cannot be used', () => {
    const found = checkData({ ...facts, denied: 'permission denied' });
    expect(found).toMatchObject({ check: 'data', state: 'problem' });
    expect(found.says).toContain('/var/data cannot be used (permission denied)');
  });

  test('names secrets that others can read, and the command that mends it', () => {
    const found = checkData({ ...facts, open: ['/var/data/secret'] });
    expect(found).toMatchObject({ state: 'problem' });
    expect(found.says).toContain('chmod 600 /var/data/secret');
  });

  test.each(['secret', 'admin-token', 'cluster-key'])('looks at the mode of %s', async (name) => {
    const folder = temporaryFolder();
    await Promise.all([loadSecret, loadAdminToken, loadClusterKey].map((load) => load(folder)));
    writeFileSync(join(folder, 'playlist.log'), '');
    expect((await dataFacts(folder)).open).toEqual([]);
    chmodSync(join(folder, name), 0o644);
    expect((await dataFacts(folder)).open).toEqual([join(folder, name)]);
  });

  test('warns of a disk that gets full, and complains of one that is', () => {
    expect(checkData({ ...facts, freeBytes: 100 * 2 ** 20 }).state).toBe('warning');
    expect(checkData({ ...facts, freeBytes: 2 ** 20 }).state).toBe('problem');
    expect(checkData({ ...facts, freeFiles: 3 }).says).toContain('only 3 files');
  });
});
