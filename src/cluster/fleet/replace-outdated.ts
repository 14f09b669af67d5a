/**
 * A front end of a new version finds the SCXs of the old one: they never stopped streaming. It has them
 * replaced, so that restarting the cluster's process is all that an upgrade takes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { FrontEndContext } from '../front-end-context.js';
import type { Found } from '../platform/platform.js';

/** SCXs renew their leases within so long, ms, or are not waited for. */
const SETTLE_MS_MAX = 10_000;
const LOOK_MS = 100;
const HOUR_MS = 3_600_000;

/** Waits for the leases of those that were found, and replaces who is of another version. */
export async function replaceOutdated(
  { fleet, log }: FrontEndContext,
  version: string,
  found: readonly Found[],
  drainMs = HOUR_MS,
): Promise<void> {
  const until = performance.now() + SETTLE_MS_MAX;
  const areHere = (): boolean => {
    const here = new Set(fleet.statuses().map(({ id }) => id));
    return found.every(({ id }) => here.has(id));
  };
  while (!areHere() && performance.now() < until) await pause(LOOK_MS, undefined, { ref: false });
  const isOutdated = (scx: { readonly version?: string | undefined }): boolean =>
    scx.version !== version;
  await fleet.drain(
    drainMs,
    (drained) => log.info({ ...drained, version }, 'an SCX of another version is replaced'),
    isOutdated,
  );
}
