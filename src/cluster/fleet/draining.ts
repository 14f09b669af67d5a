/**
 * Draining: each SCX is replaced by a new process of the version that is installed now, without a
 * listener noticing. The SCX itself starts its successor and hands over (scx/succession.ts); we
 * leave the order, and see from the leases what became of it. One SCX after the other, so that the
 * machine has one process more at a time, and the session's overlay one change.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { Drained } from '../../api/drain.js';
import type { Launch } from '../../api/scx-launch.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { drawId } from '../../runtime/secrets.js';
import type { Platform } from '../platform/platform.js';
import type { Succession } from '../supervisor/supervisor-types.js';

export interface DrainingOptions {
  readonly platform: Platform;
  /** With what an SCX could be succeeded; a sentence why not. */
  plan(id: string): Succession | string;
  /** The launch document of a successor. */
  launchOf(id: string, session: string, plan: Succession): Launch;
  /** The SCXs whose leases hold. */
  statuses(): readonly ScxStatus[];
}

type IsMeant = (scx: ScxStatus) => boolean;

export interface Draining {
  /** Replaces all SCXs that run and are meant; tells of each. False: another drain is under way. */
  drain(drainMs: number, tell: (drained: Drained) => void, isMeant?: IsMeant): Promise<boolean>;
  /** Whether an SCX is to hand over. */
  isOrdered(id: string): boolean;
}

/** A successor is there by then, or there is none, ms. Longer than the SCX's own patience. */
const SUCCESS_MS_MAX = 40_000;
const LOOK_MS = 50;

/** Nothing is drained yet. */
export function createDraining(options: DrainingOptions): Draining {
  const { platform, plan, launchOf, statuses } = options;
  let ordered: string | undefined;
  let isBusy = false;

  const find = (id: string): ScxStatus | undefined => statuses().find((scx) => scx.id === id);

  /** The successor, once it has taken over; or why there is none. */
  const outcomeOf = async (oldId: string, id: string): Promise<ScxStatus | string> => {
    const until = performance.now() + SUCCESS_MS_MAX;
    while (performance.now() < until) {
      const old = find(oldId);
      if (old === undefined || old.state === 'leaving') {
        return find(id) ?? 'it ended, and not because of a successor';
      }
      if (old.failedSuccessor?.id === id) return old.failedSuccessor.reason;
      await pause(LOOK_MS);
    }
    return 'it did not answer to the order; its log says why';
  };

  const replace = async (old: ScxStatus, drainMs: number): Promise<ScxStatus | string> => {
    if (old.version === undefined) return 'it is of a version that cannot hand over';
    const planned = plan(old.id);
    if (typeof planned === 'string') return planned;
    const id = drawId();
    await platform.orderSuccessor(old.id, launchOf(id, old.session, planned), drainMs);
    ordered = old.id;
    const outcome = await outcomeOf(old.id, id);
    ordered = undefined;
    return outcome;
  };

  const replaceOrTell = (old: ScxStatus, drainMs: number): Promise<ScxStatus | string> =>
    replace(old, drainMs).catch(({ message }: Error) => `the order cannot be left: ${message}`);

  const drainAll = async (
    drainMs: number,
    tell: (drained: Drained) => void,
    isMeant: IsMeant,
  ): Promise<void> => {
    for (const old of statuses().filter((scx) => scx.state !== 'leaving' && isMeant(scx))) {
      const outcome = await replaceOrTell(old, drainMs);
      const isDone = typeof outcome !== 'string';
      const { session, pid } = old;
      tell({ session, pid, ...(isDone ? { successorPid: outcome.pid } : { reason: outcome }) });
    }
  };

  return {
    drain: async (drainMs, tell, isMeant = () => true) => {
      if (isBusy) return false;
      isBusy = true;
      await drainAll(drainMs, tell, isMeant).finally(() => {
        isBusy = false;
      });
      return true;
    },
    isOrdered: (id) => id === ordered,
  };
}
