/** Limits the encoders that are connected through the front end: in total and per address. */
import { isLoopback, limitedAs } from '../../http/ip-address.js';
import { createConnectionCounts } from '../../http/server/connection-counts.js';
import { type Problem, problem } from '../web/problem.js';

/** Guess: the programmes of a large station. */
const ENCODERS_PER_ADDRESS_MAX = 32;

const BUSY = problem(503, 'Too many encoders are connected to this cluster: try again later.');
const ADDRESS_BUSY = problem(
  503,
  'Too many encoders of your address are connected to this cluster: disconnect one of them.',
);

/** Counts the encoders of each address. Loopback is limited by the total only. */
export interface EncoderLimit {
  /** Counts an encoder; or returns why it is refused. */
  take(address: string): Problem | undefined;
  /** An encoder that was counted has gone. */
  release(address: string): void;
}

/** Creates a limit without encoders; `encodersMax`: in total. */
export function createEncoderLimit(encodersMax: number): EncoderLimit {
  const encoders = createConnectionCounts(); // bounded by encodersMax
  return {
    take: (address) => {
      const key = limitedAs(address);
      if (encoders.total >= encodersMax) return BUSY;
      const isFull = encoders.of(key) >= ENCODERS_PER_ADDRESS_MAX;
      if (isFull && !isLoopback(address)) return ADDRESS_BUSY;
      encoders.add(key);
      return undefined;
    },
    release: (address) => encoders.remove(limitedAs(address)),
  };
}
