/** What the doctor says about limits of open files. */
import { describe, expect, test } from 'vitest';
import { checkOpenFiles } from '../../../src/cli/doctor/open-files-check.js';

describe('Doctor on open files', () => {
  const facts = { isOfCluster: true, listenersMax: 10_000, scxsMax: 64 };

  test('is content where all that is promised fits, and without a limit', () => {
    expect(checkOpenFiles({ ...facts, filesMax: 65_536 }).state).toBe('good');
    expect(checkOpenFiles({ ...facts, filesMax: Number.POSITIVE_INFINITY }).state).toBe('good');
  });

  test('says how many listeners fit, and advises a limit with which all do', () => {
    const found = checkOpenFiles({ ...facts, filesMax: 1024 });
    expect(found).toMatchObject({ state: 'warning' });
    expect(found.says).toContain('640 of 10000 listeners');
    const [, advised] = /LimitNOFILE=(\d+)/.exec(found.says) ?? [];
    expect(checkOpenFiles({ ...facts, filesMax: Number(advised) }).state).toBe('good');
  });

  test.each([
    [100, 1],
    [1000, 1000],
    [50_000, 64],
    [1, 10_000],
  ])('advises a limit that is enough for %i listeners and %i SCXs', (listenersMax, scxsMax) => {
    const promised = { ...facts, listenersMax, scxsMax };
    const { says } = checkOpenFiles({ ...promised, filesMax: 64 });
    const [, advised] = /LimitNOFILE=(\d+)/.exec(says) ?? [];
    expect(checkOpenFiles({ ...promised, filesMax: Number(advised) }).state).toBe('good');
  });
});
