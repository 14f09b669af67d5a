/**
 * From source passwords to keys, on a machine where anybody may try. Each derivation takes a thread
 * of the pool for about 40 ms, which is what makes guessing slow. So it is bounded: a few at a time,
 * one for each client address, and the addresses take turns; a client that guesses delays only
 * itself.
 *
 * A password that was right is remembered, so that an encoder that connects again costs nothing and
 * waits for nobody. What is remembered is found by a keyed hash, whose key dies with the process.
 *
 * Bounded: REMEMBERED_MAX keys; WAITING_MAX derivations, WAITING_EACH_MAX of one address.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { createBoundedMap } from '../lib/bounds/bounded-map.js';
import type { PublicKey } from '../session/public-key.js';
import { type SigningKey, sourceKeyOf } from './signing-key.js';

/** Derives keys for clients. */
export interface PasswordKeys {
  /**
   * The key of a password in a session; undefined if too many wait. `client`: who tries.
   * `isRight`: whether the key is worth remembering.
   */
  keyOf(
    password: string,
    session: PublicKey,
    client: string,
    isRight: (key: PublicKey) => boolean,
  ): Promise<SigningKey | undefined>;
}

/** Node's pool has four threads, which also read files and look up names. */
const PARALLEL = 2;
const WAITING_MAX = 1024;
/** Guess: the encoders of one machine, or behind one proxy, that all come back at once. */
const WAITING_EACH_MAX = 16;
const REMEMBERED_MAX = 256;

interface Job {
  readonly client: string;
  run(): Promise<void>;
}

/** Runs jobs, PARALLEL at a time and one of each client; those of one client in their order. */
function createTurns() {
  let waiting: Job[] = [];
  const running = new Set<string>();
  const startNext = (): void => {
    const next = waiting.find(({ client }) => !running.has(client));
    if (next === undefined || running.size >= PARALLEL) return;
    waiting = waiting.filter((job) => job !== next);
    running.add(next.client);
    void next.run().finally(() => {
      running.delete(next.client);
      // Behind those of the others: the addresses take turns.
      waiting = [
        ...waiting.filter(({ client }) => client !== next.client),
        ...waiting.filter(({ client }) => client === next.client),
      ];
      startNext();
    });
    startNext();
  };
  return {
    /** False if too much waits. */
    add: (job: Job): boolean => {
      const own = waiting.filter(({ client }) => client === job.client).length;
      if (waiting.length >= WAITING_MAX || own >= WAITING_EACH_MAX) return false;
      waiting.push(job);
      startNext();
      return true;
    },
  };
}

/** Creates a derivation that remembers nothing yet; `derive` is for tests. */
export function createPasswordKeys(derive = sourceKeyOf): PasswordKeys {
  const secret = randomBytes(32);
  const remembered = createBoundedMap<string, SigningKey>(REMEMBERED_MAX);
  const turns = createTurns();
  /** Derivations in progress: connections of one encoder share one. Bounded as what waits is. */
  const pending = new Map<string, Promise<SigningKey | undefined>>();
  const nameOf = (password: string, session: PublicKey): string =>
    createHmac('sha256', secret).update(`${session}\n${password}`).digest('base64url');

  return {
    keyOf: (password, session, client, isRight) => {
      const name = nameOf(password, session);
      const known = remembered.use(name);
      if (known !== undefined) return Promise.resolve(known);
      const same = `${client} ${name}`;
      const shared = pending.get(same);
      if (shared !== undefined) return shared;
      const derived = new Promise<SigningKey | undefined>((resolve) => {
        const run = async (): Promise<void> => {
          const key = await derive(password, session).catch(() => undefined);
          if (key !== undefined && isRight(key.publicKey)) remembered.set(name, key);
          resolve(key);
        };
        if (!turns.add({ client, run })) resolve(undefined);
      }).finally(() => pending.delete(same));
      pending.set(same, derived);
      return derived;
    },
  };
}
