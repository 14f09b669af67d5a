/**
 * The right to broadcast, which belongs to the keys that the session's announcement lists
 * (session/source-key.ts). A broadcaster of ours signs with its key; an encoder knows a password
 * only, from which the key is derived here, and this SCX signs for it. A session without keys takes
 * no sources: an address proves nothing, not even that of this machine, whose other users, browsers
 * and proxies have it as well.
 *
 * Of two announcements the newer one holds, whoever brought the older one.
 *
 * Bounded: the last REFUSED_MAX refusals are kept for the status.
 */
import type { SourceAccess } from '../../api/source-access.js';
import type { SourceId } from '../../gossamer/core/node.js';
import { createGuessDelay } from '../../http/server/guess-delay.js';
import { printInstant } from '../../lib/instant.js';
import { isSourceOf } from '../../overlay/lots/source-id.js';
import { type Stated, statementBytes } from '../../overlay/lots/source-statement.js';
import type { PasswordKeys } from '../../runtime/password-keys.js';
import { type SigningKey, verifierOf } from '../../runtime/signing-key.js';
import { CLOCKS_MS_MAX, steadyTimeMs } from '../../runtime/steady-time.js';
import type { PublicKey } from '../../session/public-key.js';
import type { SessionIdentity } from '../../session/session-id.js';
import { hasEnded, type SourceKey } from '../../session/source-key.js';

/** How a broadcaster proves that it has a key. */
interface SourceProof {
  readonly key: PublicKey;
  readonly timeMs: number;
  /** Of the statement, in base64url. */
  readonly signature: string;
}

/** A client that may not broadcast. */
interface RefusedLogin {
  /** `missing`, `wrong` and `ended` are 401 in HTTP; `busy`: 503. To be answered after `delayMs`. */
  readonly kind: 'missing' | 'wrong' | 'ended' | 'busy';
  readonly reason: string;
  readonly delayMs: number;
}

/** A client that may broadcast. */
interface Admitted {
  readonly kind: 'ok';
  readonly source: SourceKey;
}

/** An encoder that may broadcast: `key` signs what it sends. */
export interface AdmittedEncoder extends Admitted {
  readonly key: SigningKey;
}

/** Refused clients of one address, for one reason. */
interface Refusals {
  readonly address: string;
  readonly reason: string;
  readonly count: number;
  /** Ms since 1970. */
  readonly lastMs: number;
}

/** Checks source clients. */
export interface SourceLogin {
  /** `address`: the client's IP address. A missing password does not count as a guess. */
  withPassword(
    password: string | undefined,
    address: string,
  ): Promise<AdmittedEncoder | RefusedLogin>;
  withKey(
    proof: SourceProof,
    stated: Pick<Stated, 'scx' | 'source'>,
    address: string,
  ): Admitted | RefusedLogin;
  /** Takes the access of another announcement; false if it is older, or says the same. */
  update(access: SourceAccess): boolean;
  /** Resolves when the announcement that the front end has now is known, as far as it answers. */
  refresh(): Promise<void>;
  /** Why a source of this key and priority may not go on; undefined: it may. */
  objectionTo(key: PublicKey, priority: number): string | undefined;
  /** The name of the key that a source must have, if that is listed. */
  nameOf(source: SourceId): string | undefined;
  /** The last ones, the oldest first. */
  readonly refusals: readonly Refusals[];
  /** Refused clients, for `GET /metrics`. */
  readonly counters: { readonly missing: number; readonly wrong: number };
}

export interface SourceLoginOptions {
  readonly session: SessionIdentity;
  readonly access: SourceAccess;
  readonly keys: PasswordKeys;
  /** The present terms of the front end (fresh-access.ts); default: nobody is asked. */
  readonly fresh?: { wait(): Promise<void> };
  /** Monotonic, ms. */
  now(): number;
  /** Ms since 1970; default: the time of this process. */
  wallNow?(): number;
}

/** A longer password is wrong and is not hashed. */
const PASSWORD_BYTES_MAX = 1024;
const REFUSED_MAX = 16;

const MISSING = 'this session requires its source password';
const WRONG = 'the source password is wrong';
const KEYLESS =
  'this session has no source key, so nobody may broadcast: announce it again, which draws a ' +
  'source password';
const BUSY = 'too many passwords are being checked here: try again in a moment';
const CLOCK =
  'the clock of this machine and that of the SCX differ by more than 10 minutes: set them right';

const isTooLong = (password: string): boolean => Buffer.byteLength(password) > PASSWORD_BYTES_MAX;

const endedReason = ({ name, untilMs = 0 }: SourceKey): string =>
  `the right of "${name}" to broadcast ended at ${printInstant(untilMs)}`;

/** Collects refusals by address and reason. */
function createRefusals(wallNow: () => number) {
  let refusals: readonly Refusals[] = [];
  return {
    add: (address: string, reason: string): void => {
      const isSame = (one: Refusals): boolean => one.address === address && one.reason === reason;
      const before = refusals.find(isSame)?.count ?? 0;
      const others = refusals.filter((one) => !isSame(one)).slice(1 - REFUSED_MAX);
      refusals = [...others, { address, reason, count: before + 1, lastMs: wallNow() }];
    },
    get all() {
      return refusals;
    },
  };
}

/** Creates the check for the sources of one SCX. */
export function createSourceLogin(options: SourceLoginOptions): SourceLogin {
  const { session, keys, fresh, now, wallNow = steadyTimeMs } = options;
  const guessDelay = createGuessDelay();
  const refusals = createRefusals(wallNow);
  const counters = { missing: 0, wrong: 0 };
  let { access } = options;

  const sourceOf = (key: PublicKey): SourceKey | undefined =>
    access.sources.find((source) => source.key === key);

  const refuse = (kind: RefusedLogin['kind'], reason: string, address: string): RefusedLogin => {
    counters[kind === 'missing' ? 'missing' : 'wrong']++;
    refusals.add(address, reason);
    return { kind, reason, delayMs: kind === 'wrong' ? guessDelay.fail(address, now()) : 0 };
  };

  /** A client that has this key. */
  const admit = (key: PublicKey, address: string): Admitted | RefusedLogin => {
    const source = sourceOf(key);
    if (source === undefined) return refuse('wrong', WRONG, address);
    guessDelay.forgive(address);
    if (hasEnded(source, wallNow())) return refuse('ended', endedReason(source), address);
    return { kind: 'ok', source };
  };

  const tooHigh = ({ name, priorityMax }: SourceKey): string =>
    `"${name}" may have at most the priority ${priorityMax}`;

  const refresh = async (): Promise<void> => fresh?.wait();

  const objectionTo = (key: PublicKey, priority: number): string | undefined => {
    const source = sourceOf(key);
    if (source === undefined) return 'the source password has changed';
    if (hasEnded(source, wallNow())) return endedReason(source);
    return priority <= source.priorityMax ? undefined : tooHigh(source);
  };

  return {
    withPassword: async (password, address) => {
      if (access.sources.length === 0) await refresh();
      if (access.sources.length === 0) return refuse('wrong', KEYLESS, address);
      if (password === undefined) return refuse('missing', MISSING, address);
      if (isTooLong(password)) return refuse('wrong', WRONG, address);
      const isRight = (key: PublicKey): boolean => sourceOf(key) !== undefined;
      const key = await keys.keyOf(password, session.key, address, isRight);
      if (key === undefined) return refuse('busy', BUSY, address);
      if (objectionTo(key.publicKey, 0) !== undefined) await refresh();
      const admitted = admit(key.publicKey, address);
      return admitted.kind === 'ok' ? { ...admitted, key } : admitted;
    },
    withKey: ({ key, timeMs, signature }, { scx, source }, address) => {
      if (access.sources.length === 0) return refuse('wrong', KEYLESS, address);
      const statement = statementBytes({ session: session.id, scx, source, timeMs });
      const bytes = Buffer.from(signature, 'base64url');
      const isSigned =
        sourceOf(key) !== undefined &&
        isSourceOf(source.id, key) &&
        verifierOf(key)('source', statement, bytes);
      if (!isSigned) return refuse('wrong', WRONG, address);
      if (Math.abs(wallNow() - timeMs) > CLOCKS_MS_MAX) return refuse('ended', CLOCK, address);
      const admitted = admit(key, address);
      if (admitted.kind !== 'ok' || source.priority <= admitted.source.priorityMax) return admitted;
      return refuse('ended', tooHigh(admitted.source), address);
    },
    update: (next) => {
      if (next.issuedMs <= access.issuedMs) return false;
      access = next;
      return true;
    },
    refresh,
    objectionTo,
    nameOf: (source) => access.sources.find(({ key }) => isSourceOf(source, key))?.name,
    get refusals() {
      return refusals.all;
    },
    counters,
  };
}
