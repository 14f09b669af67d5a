/** What the doctor says about the program that tells round trips. */
import { expect, test, vi } from 'vitest';
import { checkRoundTrips, findRoundTrips } from '../../../src/cli/doctor/round-trip-check.js';

test('Doctor says what to install where round trips are not known', async () => {
  expect(checkRoundTrips(true).state).toBe('good');
  vi.stubEnv('PATH', '/nowhere');
  const found = await findRoundTrips();
  vi.unstubAllEnvs();
  expect(found).toMatchObject({ state: 'warning', says: expect.stringContaining('iproute2') });
});
