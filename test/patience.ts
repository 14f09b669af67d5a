/**
 * What a test waits for may take long on a busy machine: vitest gives up after a second unless told
 * otherwise. A wait only ends a test that has failed anyway, so its limit can be generous.
 */
import { vi } from 'vitest';

const PATIENCE = { timeout: 20_000, interval: 5 };

const { waitFor, waitUntil } = vi;

// Files that share a process share this, too: it is put in front of the real one once.
if (waitFor.name !== 'waitPatiently') {
  vi.waitFor = function waitPatiently(check, options) {
    return waitFor(check, typeof options === 'object' ? { ...PATIENCE, ...options } : PATIENCE);
  };
  vi.waitUntil = (check, options) =>
    waitUntil(check, typeof options === 'object' ? { ...PATIENCE, ...options } : PATIENCE);
}
