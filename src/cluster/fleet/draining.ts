/**
 * Draining: each SCX is replaced by a new process of the version that is installed now, without a
 * listener noticing. The SCX itself starts its successor and hands over (scx/hand-over/); the
 * cluster leaves the order, and sees from the lease renewals whether it was carried out. One SCX
 * follows the other, so that the machine runs one additional process at a time, and a session's
 * overlay changes once at a time. Spares are replaced as well: later SCXs are of the new version, too.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Drained } from '../../api/drain.js';
import type { Launch } from '../../api/scx-launch.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { bad, good, type Result } from '../../lib/result.js';
import type { Platform } from '../platform/platform.js';
import type { Succession } from '../supervisor/supervisor-types.js';

export interface DrainingOptions {
  readonly platform: Platform;
  /** Draws the id of an SCX. */
  drawId(): string;
  /** The launch parameters of an SCX's successor, or the reason why it cannot have one. */
  plan(id: string): Result<Succession>;
  /** The launch document of a successor. */
  launchOf(id: string, session: string, plan: Succession): Launch;
  /** The SCXs whose leases hold. */
  statuses(): readonly ScxStatus[];
}

type IsMeant = (scx: ScxStatus) => boolean;

export interface Draining {
  /**
   * Replaces the running SCXs that are meant, and reports each as soon as it is done. False:
   * another drain is in progress.
   */
  drain(drainMs: number, report: (drained: Drained) => void, isMeant?: IsMeant): Promise<boolean>;
  /** Whether an SCX is to hand over. */
  isOrdered(id: string): boolean;
}

/** How long a hand-over may take, ms. Longer than the SCX itself waits for its successor. */
const SUCCESSION_MS_MAX = 40_000;
const LOOK_MS = 50;

/** Waits for the successor `id` to take over from `oldId`; or says why it did not. */
async function successorOf(
  oldId: string,
  id: string,
  statuses: DrainingOptions['statuses'],
): Promise<Result<ScxStatus>> {
  const find = (wanted: string) => statuses().find((scx) => scx.id === wanted);
  const until = performance.now() + SUCCESSION_MS_MAX;
  while (performance.now() < until) {
    const old = find(oldId);
    if (old === undefined || old.state === 'leaving') {
      const successor = find(id);
      return successor ? good(successor) : bad('it ended, and not because of a successor');
    }
    if (old.failedSuccessor?.id === id) return bad(old.failedSuccessor.reason);
    await pause(LOOK_MS);
  }
  return bad('it did not carry out the order; its log says why');
}

function reportOf({ session, pid }: ScxStatus, outcome: Result<ScxStatus>): Drained {
  if (outcome.ok) return { session, pid, successorPid: outcome.value.pid };
  return { session, pid, reason: outcome.problems.join('; ') };
}

/** Creates the draining of a fleet; nothing is drained yet. */
export function createDraining(options: DrainingOptions): Draining {
  const { platform, drawId, plan, launchOf, statuses } = options;
  let ordered: string | undefined;
  let isBusy = false;

  const replace = async (old: ScxStatus, drainMs: number): Promise<Result<ScxStatus>> => {
    if (old.version === undefined) return bad('it is of a version that cannot hand over');
    const planned = plan(old.id);
    if (!planned.ok) return planned;
    const id = drawId();
    await platform.orderSuccessor(old.id, launchOf(id, old.session, planned.value), drainMs);
    ordered = old.id;
    const outcome = await successorOf(old.id, id, statuses);
    ordered = undefined;
    return outcome;
  };

  const drainAll: (...args: Required<Parameters<Draining['drain']>>) => Promise<void> = async (
    drainMs,
    report,
    isMeant,
  ) => {
    platform.renewSpares();
    for (const old of statuses().filter((scx) => scx.state !== 'leaving' && isMeant(scx))) {
      const outcome = await replace(old, drainMs).catch(({ message }: Error) =>
        bad(`the order could not be written: ${message}`),
      );
      report(reportOf(old, outcome));
    }
  };

  return {
    drain: async (drainMs, report, isMeant = () => true) => {
      if (isBusy) return false;
      isBusy = true;
      await drainAll(drainMs, report, isMeant).finally(() => {
        isBusy = false;
      });
      return true;
    },
    isOrdered: (id) => id === ordered,
  };
}
