/**
 * A successor process, as its predecessor sees it: started as a child, addressed over the IPC
 * channel, and given sockets. A socket is open in both processes until the successor confirms that
 * it has taken it, so a successor that dies in between costs no listener.
 */

import { spawn } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import type { Order } from '../../api/hand-over-order.js';
import { LAUNCH_VARIABLE } from '../../api/scx-launch.js';
import { childEnvironment } from '../../runtime/child-environment.js';
import { createLatch } from '../../runtime/latch.js';
import type { EncoderTitle } from '../ingest/encoder-title.js';
import {
  type Heard,
  type PredecessorMessage,
  type SuccessorMessage,
  successorSchema,
} from './messages.js';

/** A successor that has been started. */
export interface Successor {
  readonly pid: number | undefined;
  /** It has ended or closed the channel. */
  readonly isGone: boolean;
  /** Resolves at the first report of what it hears that `isEnough`; rejects when it ends. */
  hears(isEnough: (heard: Heard) => boolean): Promise<void>;
  /** Resolves when it confirms the message; rejects when it ends or does not answer in time. */
  give(message: PredecessorMessage, handle?: Server | Socket): Promise<void>;
  /** Resolves when the front end has its lease. */
  readonly known: Promise<void>;
  /** Closes the channel; the successor runs on alone. */
  release(): void;
  /** Tells it to leave. */
  stop(): void;
  kill(): void;
}

/** Time for a confirmation, ms. Guess: a busy machine. */
const ANSWER_MS = 5000;

/**
 * Starts a successor, in a process group of its own as every SCX; it logs where this process logs.
 * Throws when the system cannot create a process; a program that does not exist rejects the first
 * promise that waits. `onTitle`: one of our encoders has reported a title to the successor.
 */
export function startSuccessor(order: Order, onTitle: (title: EncoderTitle) => void): Successor {
  const child = spawn(order.program, order.args, {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: childEnvironment({ [LAUNCH_VARIABLE]: JSON.stringify(order.launch) }),
  });
  let onHeard: (heard: Heard) => void = () => undefined;
  let onTook: () => void = () => undefined;
  const known = createLatch();
  const lost = createLatch<never>();
  const fail = (how: string): void => lost.reject(new Error(`the successor ${how}`));
  child.once('error', (error) => fail(`cannot be started: ${error.message}`));
  child.once('exit', (code, signal) => fail(`ended (${signal ?? `exit code ${code}`})`));
  child.once('disconnect', () => fail('hung up'));

  const onMessage = (message: SuccessorMessage): void => {
    if (message.kind === 'heard') onHeard(message);
    else if (message.kind === 'took') onTook();
    else if (message.kind === 'title') onTitle(message);
    else known.resolve();
  };

  child.on('message', (raw) => {
    const message = successorSchema.safeParse(raw);
    if (message.success) onMessage(message.data);
    else child.kill('SIGKILL'); // a version that this one does not understand
  });

  return {
    pid: child.pid,
    get isGone() {
      return !child.connected;
    },
    hears: (isEnough) => {
      const enough = createLatch();
      onHeard = (heard) => isEnough(heard) && enough.resolve();
      return Promise.race([enough.promise, lost.promise]);
    },
    give: (message, handle) => {
      const took = createLatch();
      onTook = took.resolve;
      const late = (): void =>
        took.reject(new Error(`the successor does not take ${message.kind}`));
      const timer = setTimeout(late, ANSWER_MS);
      child.send(message, handle, { keepOpen: true }, (error) => error && took.reject(error));
      return Promise.race([took.promise, lost.promise]).finally(() => clearTimeout(timer));
    },
    known: known.promise,
    release: () => {
      if (child.connected) child.disconnect();
      child.unref();
    },
    stop: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
  };
}
