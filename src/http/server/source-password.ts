/**
 * The right to broadcast. A session with a source key (source-key-form.ts) requires the password
 * that belongs to it, from every client and over every protocol. A session without a key takes no
 * sources: an address proves nothing, not even that of this machine, whose other users, browsers and
 * proxies have it as well.
 */
import { hasHash } from '../../runtime/secrets.js';
import { createGuessDelay } from './guess-delay.js';

/** Whether a source client may broadcast. */
type Verdict =
  | { readonly kind: 'ok' }
  /** Both are 401 in HTTP, to be answered after `delayMs`. */
  | { readonly kind: 'missing' | 'wrong'; readonly reason: string; readonly delayMs: number };

/** Checks source clients. */
export interface SourcePassword {
  /** `address`: the client's IP address. A missing password does not count as a guess. */
  verifySource(password: string | undefined, address: string): Verdict;
  /** Replaces the key; undefined: the session has none. */
  setKey(key: string | undefined): void;
  readonly key: string | undefined;
  /** Refused clients, for `GET /metrics`. */
  readonly counters: { readonly missing: number; readonly wrong: number };
}

/** A longer password is wrong and is not hashed. */
const PASSWORD_BYTES_MAX = 1024;

const REASONS = {
  missing: 'this session requires its source password',
  wrong: 'the source password is wrong',
  keyless:
    'this session has no source key, so nobody may broadcast: announce it again, which draws a ' +
    'source password',
} as const;

const belongs = (password: string, key: string): boolean =>
  Buffer.byteLength(password) <= PASSWORD_BYTES_MAX && hasHash(password, key);

/** Creates the check for the sources of one SCX; `now` is monotonic, in ms. */
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
      if (key === undefined) return refuse('keyless', address);
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
