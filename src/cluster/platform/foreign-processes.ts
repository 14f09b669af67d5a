/**
 * SCX processes that are not our children: an earlier front end launched them, or an SCX started
 * them as its successor. The system does not tell us of their end, so they are looked at a few
 * times a second.
 */
import { kill } from 'node:process';
import type { Logger } from 'pino';
import { isAlive } from '../data/process-identity.js';

export interface ForeignProcesses {
  /** Watches a process from now on. */
  watch(id: string, pid: number, birth: string): void;
  has(id: string): boolean;
  /** Sends it a signal, if it is watched. */
  stop(id: string, signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Ends the watching, not the processes. */
  close(): void;
}

/** Guess: a killed SCX is to be back within a second, and its launch takes half of that. */
const LOOK_MS = 250;
const LOOK_STOPPED_MS = 50; // while a process that was stopped is still there

interface Watched {
  readonly pid: number;
  readonly birth: string;
  isStopped: boolean;
}

/** Creates a watch without processes. `onEnd` is called once for each process that ends. */
export function createForeignProcesses(log: Logger, onEnd: (id: string) => void): ForeignProcesses {
  const watched = new Map<string, Watched>(); // bounded by the supervisor
  let looking: NodeJS.Timeout | undefined;

  const look = (): void => {
    for (const [id, { pid, birth }] of watched) {
      if (isAlive(pid, birth)) continue;
      watched.delete(id);
      onEnd(id);
    }
    lookAgain();
  };

  const lookAgain = (): void => {
    clearTimeout(looking);
    if (watched.size === 0) return;
    const isUrgent = [...watched.values()].some(({ isStopped }) => isStopped);
    looking = setTimeout(look, isUrgent ? LOOK_STOPPED_MS : LOOK_MS);
  };

  return {
    watch: (id, pid, birth) => {
      watched.set(id, { pid, birth, isStopped: false });
      lookAgain();
    },
    has: (id) => watched.has(id),
    stop: (id, signal) => {
      const process = watched.get(id);
      if (process === undefined) return;
      try {
        if (isAlive(process.pid, process.birth)) kill(process.pid, signal);
      } catch (error) {
        log.warn({ err: error, id }, 'an SCX cannot be signalled');
      }
      process.isStopped = true;
      lookAgain();
    },
    close: () => {
      clearTimeout(looking);
      watched.clear();
    },
  };
}
