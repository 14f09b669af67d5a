/**
 * A successor process, as its predecessor sees it: started, spoken to over the IPC channel, and
 * given sockets. Each socket is open in both processes until the successor has said that it took
 * it, so one that dies in the midst of it costs no listener.
 */

import { spawn } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import type { Order } from '../../api/hand-over-order.js';
import { LAUNCH_VARIABLE } from '../../api/scx-launch.js';
import { childEnvironment } from '../../runtime/child-environment.js';
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
  /** It has ended, or wants to hear no more. */
  readonly isGone: boolean;
  /** Resolves as soon as it tells of hearing something that will do; rejects when it ended. */
  hears(willDo: (heard: Heard) => boolean): Promise<void>;
  /** Resolves when it took it; rejects when it did not, or ended. */
  give(message: PredecessorMessage, handle?: Server | Socket): Promise<void>;
  /** Resolves when the front end knows it. */
  readonly known: Promise<void>;
  /** Lets it go its way. */
  release(): void;
  kill(): void;
}

/** A successor that does not answer is given up, ms. Guess: a busy machine. */
const ANSWER_MS = 5000;

/** Rejects after so long. */
function late(ms: number, what: string): { readonly promise: Promise<never>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(what)), ms);
  });
  return { promise, clear: () => clearTimeout(timer) };
}

/**
 * Starts it, in a process group of its own as every SCX; it logs where we do. Throws when the system
 * has no memory for it, or the like; a program that is not there ends it later. `onTitle`: an encoder
 * of ours has told it a title.
 */
export function startSuccessor(order: Order, onTitle: (told: EncoderTitle) => void): Successor {
  const child = spawn(order.program, order.args, {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: childEnvironment({ [LAUNCH_VARIABLE]: JSON.stringify(order.launch) }),
  });
  let onHeard: (heard: Heard) => void = () => undefined;
  let onTook: () => void = () => undefined;
  let onKnown: () => void = () => undefined;
  const known = new Promise<void>((resolve) => {
    onKnown = resolve;
  });
  const lost = new Promise<never>((_resolve, reject) => {
    const fail = (how: string): void => reject(new Error(`the successor ${how}`));
    child.once('error', (error) => fail(`cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => fail(`ended (${signal ?? `exit code ${code}`})`));
    child.once('disconnect', () => fail('hung up'));
  });
  lost.catch(() => undefined); // nobody may be waiting

  const onMessage = (message: SuccessorMessage): void => {
    if (message.kind === 'heard') onHeard(message);
    else if (message.kind === 'took') onTook();
    else if (message.kind === 'title') onTitle(message);
    else onKnown();
  };

  child.on('message', (raw) => {
    const message = successorSchema.safeParse(raw);
    if (message.success) onMessage(message.data);
    else child.kill('SIGKILL'); // of a version that we do not understand
  });

  const within = async (ms: number, what: string, promise: Promise<void>): Promise<void> => {
    const limit = late(ms, what);
    await Promise.race([promise, lost, limit.promise]).finally(limit.clear);
  };

  return {
    pid: child.pid,
    get isGone() {
      return !child.connected;
    },
    hears: (willDo) => {
      const enough = new Promise<void>((resolve) => {
        onHeard = (heard) => willDo(heard) && resolve();
      });
      return Promise.race([enough, lost]);
    },
    give: (message, handle) => {
      const took = new Promise<void>((resolve, reject) => {
        onTook = resolve;
        child.send(message, handle, { keepOpen: true }, (error) => error && reject(error));
      });
      return within(ANSWER_MS, `the successor does not take ${message.kind}`, took);
    },
    known,
    release: () => {
      if (child.connected) child.disconnect();
      child.unref();
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
