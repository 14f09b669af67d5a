/**
 * Schedules routing updates (§3.7): "This entry gets advertised to the rest of the session via
 * periodic routing update messages that neighboring SCXs exchange with each other."
 *
 * Beyond (`triggersUpdates`): changes are sent at once, in batches that wait `updateDelayMs` for
 * further changes, or longer (`changesIntervalMs`) where several batches have just left. In the paper only a death triggers an update (§3.5), of the whole table.
 *
 * updates.ts decides what an update contains.
 */
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import { createTimers } from '../../lib/timers.js';
import { type ClockedContext, jittered, send } from '../core/context.js';
import type { Address } from '../core/node.js';
import type { Update, Updates } from './updates.js';
import type { Withdrawals } from './withdrawals.js';

/** Batches that follow each other without a wait. Guess: what a death takes. */
const BATCHES_MAX = 2;

export interface UpdateRounds {
  start(now: number): void;
  /**
   * Something is to be advertised: the next batch leaves within `updateDelayMs`, if that is wanted; or
   * later, where several have just left and it is not urgent.
   */
  onChange(now: number, isUrgent: boolean): void;
  /** A node has died: "trigger updates in the routing layer" (§3.5). */
  onDeath(now: number): void;
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

  const batches = createTokenBucket(BATCHES_MAX, config.changesIntervalMs);

  const sendChanges = (now: number): void => {
    batches.take(now);
    const update = config.triggersUpdates ? updates.changes() : updates.whole();
    if (update !== undefined) sendToAll(update, now);
  };

  const sendSoon = (now: number): void => timers.setSooner('change', now + config.updateDelayMs);

  const onChange = (now: number, isUrgent: boolean): void => {
    if (isUrgent) sendSoon(now);
    else timers.setSooner('change', Math.max(now + config.updateDelayMs, batches.next()));
  };

  const setRound = (now: number): void =>
    timers.set('round', now + jittered(context, config.updateIntervalMs));

  return {
    start: setRound,
    onChange: config.triggersUpdates ? onChange : () => undefined,
    onDeath: sendSoon,
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
