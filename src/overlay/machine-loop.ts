/**
 * Runs the protocol's machine on the real clock. The machine takes one input at a time: inputs that
 * come up during a step, or while its effects are performed, wait until the step has ended.
 */
import type { Effect, Input } from '../gossamer/core/effects.js';
import { drive, type Machine } from '../lib/machine.js';

export interface MachineLoop {
  /** Feeds the machine, now or as soon as its present step has ended. */
  feed(input: Input): void;
  /** The machine takes no further input, and performs no further effect. */
  close(): void;
}

/** Creates a loop that is at rest; `perform` carries out each effect. */
export function createMachineLoop(
  machine: Machine<Input, Effect>,
  perform: (effect: Effect) => void,
): MachineLoop {
  /** Inputs that wait. Bounded: empty at the end of each step. */
  const inbox: Input[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;
  let isClosed = false;

  const step = (action: () => void): void => {
    isBusy = true;
    action();
    for (let next = inbox.shift(); next !== undefined && !isClosed; next = inbox.shift()) {
      feedMachine(next);
    }
    isBusy = false;
  };

  const feedMachine = drive<Input, Effect>(machine, {
    now: () => performance.now(),
    perform: (effect) => {
      if (!isClosed) perform(effect);
    },
    wakeAt: (instant, wake) => {
      clearTimeout(timer);
      if (isClosed) return;
      timer = setTimeout(() => step(wake), Math.max(0, Math.ceil(instant - performance.now())));
    },
  });

  return {
    feed: (input) => {
      if (isClosed) return;
      if (isBusy) inbox.push(input);
      else step(() => feedMachine(input));
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
