/**
 * Who may broadcast. A session with a source key (session/source-key.ts) wants the password that
 * belongs to it, from whatever client and over whatever protocol; one without a key takes sources
 * from this machine only.
 *
 * Whoever asks for `address` must give the client's own: a front end that passes a connection
 * through is on this machine, its client is not.
 */
import { hasHash } from '../../runtime/secrets.js';
import { isLoopback } from '../ip-address.js';
import { createGuessDelay } from './guess-delay.js';

/** What becomes of a source client. */
type Verdict =
  | { readonly kind: 'ok' }
  /** `missing` is 401 in HTTP, `wrong` 403. Tell it so after `delayMs`. */
  | { readonly kind: 'missing' | 'wrong'; readonly reason: string; readonly delayMs: number };

export interface SourcePassword {
  /** `address`: the client's IP address. A password that was not given is no failed attempt. */
  verifySource(password: string | undefined, address: string): Verdict;
  /** From now on this key counts; undefined: none. */
  setKey(key: string | undefined): void;
  readonly key: string | undefined;
  /** Clients that were turned away, for `GET /metrics`. */
  readonly counters: { readonly missing: number; readonly wrong: number };
}

/** Nobody draws a longer one; it is not even hashed. */
const PASSWORD_BYTES_MAX = 1024;

const REASONS = {
  missing: 'this session wants its source password',
  wrong: 'the source password is wrong',
  foreign: "this session has no source password, so only its SCX's own machine may broadcast",
} as const;

const belongs = (password: string, key: string): boolean =>
  Buffer.byteLength(password) <= PASSWORD_BYTES_MAX && hasHash(password, key);

/** Judges the sources of one SCX; `now` in ms that only grow. */
export function createSourcePassword(first: string | undefined, now: () => number): SourcePassword {
  const guessDelay = createGuessDelay();
  const counters = { missing: 0, wrong: 0 };
  let key = first;

  const refuse = (reason: keyof typeof REASONS, address: string): Verdict => {
    const kind = reason === 'missing' ? 'missing' : 'wrong';
    counters[kind]++;
    const delayMs = kind === 'missing' ? 0 : guessDelay.fail(address, now());
    return { kind, reason: REASONS[reason], delayMs };
  };

  return {
    verifySource: (password, address) => {
      if (key === undefined)
        return isLoopback(address) ? { kind: 'ok' } : refuse('foreign', address);
      if (password === undefined) return refuse('missing', address);
      if (!belongs(password, key)) return refuse('wrong', address);
      guessDelay.forgive(address);
      return { kind: 'ok' };
    },
    setKey: (next) => {
      key = next;
    },
    get key() {
      return key;
    },
    counters,
  };
}
