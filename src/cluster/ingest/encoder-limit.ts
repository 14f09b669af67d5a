/** How many encoders may be connected through the front end: in all, and of one address. */
import { isLoopback, limitedAs } from '../../http/ip-address.js';
import { type Problem, problem } from '../web/problem.js';

/** Guess: as many as a cluster has SCXs, a few times over. */
const ENCODERS_MAX = 256;
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

/** No encoder yet. */
export function createEncoderLimit(): EncoderLimit {
  const byAddress = new Map<string, number>(); // bounded by ENCODERS_MAX
  let taken = 0;
  return {
    take: (address) => {
      const key = limitedAs(address);
      const own = byAddress.get(key) ?? 0;
      if (taken >= ENCODERS_MAX) return BUSY;
      if (own >= ENCODERS_PER_ADDRESS_MAX && !isLoopback(address)) return ADDRESS_BUSY;
      taken++;
      byAddress.set(key, own + 1);
      return undefined;
    },
    release: (address) => {
      const key = limitedAs(address);
      const left = (byAddress.get(key) ?? 0) - 1;
      taken--;
      if (left > 0) byAddress.set(key, left);
      else byAddress.delete(key);
    },
  };
}
