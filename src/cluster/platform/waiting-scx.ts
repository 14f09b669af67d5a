/**
 * An SCX process that has been started and waits for its launch document, which it gets over its IPC
 * channel together with the socket of its port (api/scx-launch.ts). Most wait for the moment that the
 * program takes to load; a spare (spares.ts) waits until it is needed.
 */
import type { ChildProcess, SendHandle } from 'node:child_process';
import { once } from 'node:events';
import { type Launch, type LaunchMessage, launchReplySchema } from '../../api/scx-launch.js';
import { createLatch } from '../../runtime/latch.js';
import { type ScxProgram, type ScxStart, spawnScx } from './scx-command.js';

export interface WaitingScx {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Where its orders to hand over will lie. */
  readonly successorFile: string;
  /** The program is loaded: the launch need not wait for that. */
  readonly isLoaded: boolean;
  /** It lives and can be given its launch. */
  readonly isThere: boolean;
  /**
   * Gives it its launch, once; `socket`: of its port, which stays open here as well. Resolves when it
   * has it, and rejects when it ends before that.
   */
  give(launch: Launch, socket: object | undefined): Promise<void>;
  /** Ends a process that is not needed. */
  end(): void;
}

/** Starts a process. Rejects if the system does not start it. */
export async function startWaitingScx(program: ScxProgram, how: ScxStart): Promise<WaitingScx> {
  const { successorFile } = how;
  const child = spawnScx(program, how);
  const { pid } = child;
  if (pid === undefined) throw (await once(child, 'error'))[0];
  const launched = createLatch();
  let isLoaded = false;
  const onMessage = (raw: unknown): void => {
    const reply = launchReplySchema.safeParse(raw);
    if (!reply.success) return;
    isLoaded = true;
    if (reply.data.kind === 'loaded') return;
    child.off('message', onMessage);
    launched.resolve();
  };
  const onLost = (): void => launched.reject(new Error('it ended before it had its launch'));
  child.on('message', onMessage);
  child.once('exit', onLost).once('disconnect', onLost);
  child.unref();
  child.channel?.unref();

  return {
    ...{ process: child, pid, successorFile },
    get isLoaded() {
      return isLoaded;
    },
    get isThere() {
      return child.connected && child.exitCode === null && child.signalCode === null;
    },
    give: (launch, socket) => {
      const message: LaunchMessage = { kind: 'launch', launch };
      // Node passes on a socket that is bound only, though its types do not say so.
      const handle = socket as SendHandle | undefined;
      if (!child.connected) onLost();
      else child.send(message, handle, (error) => error && launched.reject(error));
      return launched.promise;
    },
    end: () => void child.kill('SIGKILL'),
  };
}
