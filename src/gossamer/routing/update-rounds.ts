/**
 * Schedules routing updates (§3.7): "This entry gets advertised to the rest of the session via
 * periodic routing update messages that neighboring SCXs exchange with each other."
 *
 * Beyond (`triggersUpdates`): changes are sent at once, in batches that wait `updateDelayMs` for
 * further changes. In the paper only a death triggers an update (§3.5), of the whole table.
 *
 * updates.ts decides what an update contains.
 */
import { createTimers } from '../../lib/timers.js';
import { type ClockedContext, jittered, send } from '../core/context.js';
import type { Address } from '../core/node.js';
import type { Update, Updates } from './updates.js';
import type { Withdrawals } from './withdrawals.js';

export interface UpdateRounds {
  start(now: number): void;
  /** Something is to be advertised: the next batch leaves within `updateDelayMs`, if that is wanted. */
  onChange(now: number): void;
  /** A node has died: "trigger updates in the routing layer" (§3.5). */
  onDeath(now: number): void;
  /** Sends the changes that are waiting, if there are any. */
  sendChangesNow(now: number): void;
  tick(now: number): void;
  deadline(): number;
}

export interface UpdateRoundsFacts {
  /** Those of all neighbours. */
  addresses(): readonly Address[];
  /** A round begins. */
  onRound(now: number): void;
}

/** Creates the schedule of updates, not yet started. */
export function createUpdateRounds(
  context: ClockedContext,
  updates: Updates,
  withdrawals: Withdrawals,
  facts: UpdateRoundsFacts,
): UpdateRounds {
  const { config } = context;
  const timers = createTimers<'round' | 'change'>(context.wakeBy);

  const sendToAll = (update: Update, now: number): void => {
    withdrawals.forgetOld(now);
    for (const address of facts.addresses()) send(context, address, update);
    updates.onSent(update);
  };

  const sendChanges = (now: number): void => {
    const update = config.triggersUpdates ? updates.changes() : updates.whole();
    if (update !== undefined) sendToAll(update, now);
  };

  const sendSoon = (now: number): void => timers.setSooner('change', now + config.updateDelayMs);

  const setRound = (now: number): void =>
    timers.set('round', now + jittered(context, config.updateIntervalMs));

  return {
    start: setRound,
    onChange: config.triggersUpdates ? sendSoon : () => undefined,
    onDeath: sendSoon,
    sendChangesNow: (now) => {
      if (!config.triggersUpdates) return;
      timers.clear('change');
      sendChanges(now);
    },
    tick: (now) => {
      for (let due = timers.takeDue(now); due !== undefined; due = timers.takeDue(now)) {
        if (due === 'change') sendChanges(now);
        else {
          setRound(now);
          facts.onRound(now);
          sendToAll(updates.whole(), now);
        }
      }
    },
    deadline() {
      return timers.next();
    },
  };
}
