/**
 * The end of an SCX, once, whatever the reasons: it leaves the overlay first, while listeners still
 * hear, and closes their sockets last.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createLatch } from '../runtime/latch.js';

/** The steps of an end, in their order. */
export interface ShutdownSteps {
  /** Leaves the overlay; resolves when the children have moved on. */
  leave(): Promise<void>;
  /** Tells the front end that the SCX is leaving. */
  tellFrontEnd(): void;
  /** Ends what the SCX does by itself, and the listeners' streams. */
  endStreams(): void;
  /** Closes the sockets; resolves when they are closed. */
  close(): Promise<unknown>;
  /** After this nothing runs any more. */
  finish(): void;
}

/** An SCX's end. */
export interface Shutdown {
  /** Begins the end, if it has not begun. */
  start(reason: string): void;
  readonly hasBegun: boolean;
  /** Resolves at the end. */
  readonly done: Promise<void>;
}

/** Time to leave the overlay, ms: with the time to flush sockets below 2.5 s. */
const LEAVE_MS_MAX = 2100;

/** Creates the shutdown of a running SCX. `steps` is called when it begins. */
export function createShutdown(log: Logger, steps: () => ShutdownSteps): Shutdown {
  const done = createLatch();
  let hasBegun = false;

  const run = async ({ leave, tellFrontEnd, endStreams, close, finish }: ShutdownSteps) => {
    const left = leave();
    tellFrontEnd();
    await Promise.race([left, pause(LEAVE_MS_MAX, undefined, { ref: false })]);
    endStreams();
    await close();
    finish();
    log.info('The SCX has ended.');
    done.resolve();
  };

  return {
    start: (reason) => {
      if (hasBegun) return;
      hasBegun = true;
      log.info({ reason }, 'The SCX leaves the session.');
      void run(steps());
    },
    get hasBegun() {
      return hasBegun;
    },
    done: done.promise,
  };
}
