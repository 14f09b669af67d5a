/**
 * A front end of a new version finds the SCXs of the old one, which never stopped streaming, and
 * has them replaced: so restarting the cluster's process is all that an upgrade takes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Drained } from '../../api/drain.js';
import type { Found } from '../platform/platform.js';
import type { Fleet } from './fleet.js';

/** How long the SCXs that were found may take to renew their leases, ms. Guess. */
const SETTLE_MS_MAX = 10_000;
const LOOK_MS = 100;
const HOUR_MS = 3_600_000;

export interface ReplaceOptions {
  readonly fleet: Fleet;
  readonly log: Logger;
  /** Of this front end. */
  readonly version: string;
  /** SCXs that outlived an earlier front end. */
  readonly found: readonly Found[];
  /** How long listeners that cannot be handed over may stay; default: an hour. */
  readonly drainMs?: number | undefined;
}

/** Waits for the leases of the SCXs that were found, and replaces those of another version. */
export async function replaceOutdated(options: ReplaceOptions): Promise<void> {
  const { fleet, log, version, found, drainMs = HOUR_MS } = options;
  const until = performance.now() + SETTLE_MS_MAX;
  const areHere = (): boolean => {
    const here = new Set(fleet.statuses().map(({ id }) => id));
    return found.every(({ id }) => here.has(id));
  };
  while (!areHere() && performance.now() < until) await pause(LOOK_MS, undefined, { ref: false });
  const report = (drained: Drained): void => {
    const about = { ...drained, version };
    if (drained.reason === undefined) log.info(about, 'an SCX of another version was replaced');
    else log.warn(about, 'an SCX of another version could not be replaced');
  };
  await fleet.drain(drainMs, report, (scx) => scx.version !== version);
}
