/**
 * The machines of the Swarm, looked at every few seconds. Every manager may have a front end, and
 * SCXs renew their leases at all of them: where there is none, nobody answers, and nothing is lost.
 */
import type { Logger } from 'pino';
import { FRONT_ENDS_MAX } from '../../../api/swarm/scx-service.js';
import { joinHostPort } from '../../../lib/host-port.js';
import type { Engine, EngineMachine } from './engine.js';

export interface Machines {
  /** As they were seen last. */
  all(): readonly EngineMachine[];
  /** The URLs at which front ends may be, `http://HOST:PORT`. */
  frontEnds(): readonly string[];
  /** Looks at once. Rejects if the engine does not answer. */
  look(): Promise<void>;
  close(): void;
}

export interface MachinesOptions {
  readonly engine: Pick<Engine, 'machines'>;
  /** Of front ends. */
  readonly port: number;
  readonly log: Logger;
}

const LOOK_MS = 2000; // guess: a new machine is known soon, and one question costs little

/** Starts to look. */
export function createMachines({ engine, port, log }: MachinesOptions): Machines {
  let seen: readonly EngineMachine[] = [];
  let hasFailed = false;

  const look = async (): Promise<void> => {
    seen = await engine.machines();
  };

  const lookAgain = (): void => {
    look().then(
      () => {
        hasFailed = false;
      },
      (error: Error) => {
        if (!hasFailed) log.warn({ err: error }, 'the Docker engine does not tell its machines');
        hasFailed = true;
      },
    );
  };

  const timer = setInterval(lookAgain, LOOK_MS).unref();
  return {
    all: () => seen,
    frontEnds: () =>
      seen
        .filter(({ isManager, address }) => isManager && address !== '')
        .map(({ address }) => `http://${joinHostPort(address, port)}`)
        .sort()
        .slice(0, FRONT_ENDS_MAX),
    look,
    close: () => clearInterval(timer),
  };
}
