/**
 * The listeners by HLS. They have no connection: a player fetches a playlist again and again, by an
 * address with an id that was drawn for it (port/hls-playlists.ts). It listens from its first request on, until
 * it has not asked for a while. An id that is not known here is that of a player that has listened at
 * another SCX, or before a restart: it listens here now.
 *
 * Bounded: as many as the SCX takes listeners, and as one address may have; EXPIRY_MS each.
 */
import { randomBytes } from 'node:crypto';
import type { ListenerIdentities, ListeningClient } from './listener-identities.js';

export interface PollingOptions {
  readonly identities: ListenerIdentities;
  /** Whether the SCX takes another listener. */
  hasRoom(): boolean;
}

/** A player that asks for a playlist. */
interface PollingClient {
  readonly id: string;
  readonly address: string;
  readonly agent: string;
}

/** The listeners by HLS. */
export interface PollingListeners {
  /** Whether the player listens already. */
  has(id: string): boolean;
  /** The player asks for the playlist, which it may have unless there is no slot for it. */
  poll(client: PollingClient, now: number): 'listening' | 'addressFull' | 'full';
  /** Ends those that have not asked for a while. */
  tick(now: number): void;
  /** Ends all: they go on in another process. */
  clear(now: number): void;
  /** The ids of all, for a process that continues. */
  ids(): readonly string[];
  /** These ids were counted by another process already. */
  expect(ids: readonly string[]): void;
  readonly count: number;
  /** The most at a time. */
  readonly peak: number;
}

/** A player asks each three seconds; a lost connection or two end no listener, ms. Guess. */
const EXPIRY_MS = 12_000;

const ID = /^[0-9a-f]{32}$/;

/** Draws an id for a new listener. */
export const drawPollingId = (): string => randomBytes(16).toString('hex');

/** Whether a text has the form of an id. */
export const isPollingId = (text: string): boolean => ID.test(text);

interface Polling {
  readonly client: ListeningClient;
  readonly polledAt: number;
}

/** Creates a set without listeners. */
export function createPollingListeners({ identities, hasRoom }: PollingOptions): PollingListeners {
  /** By id; the one that has asked least recently is first. */
  const polling = new Map<string, Polling>();
  let expected: ReadonlySet<string> = new Set();
  let peak = 0;

  const enter = ({ id, address, agent }: PollingClient, now: number): ListeningClient => {
    const client = { address, agent, since: now };
    identities.enter(client, now, expected.has(id));
    return client;
  };

  const end = (id: string, client: ListeningClient, now: number): void => {
    polling.delete(id);
    identities.leave(client, now);
  };

  return {
    has: (id) => polling.has(id),
    poll: (asking, now) => {
      const known = polling.get(asking.id);
      if (known === undefined && !hasRoom()) return 'full';
      if (known === undefined && !identities.hasSlot(asking.address)) return 'addressFull';
      const client = known?.client ?? enter(asking, now);
      polling.delete(asking.id);
      polling.set(asking.id, { client, polledAt: now });
      peak = Math.max(peak, polling.size);
      return 'listening';
    },
    tick: (now) => {
      for (const [id, { client, polledAt }] of polling) {
        if (now - polledAt <= EXPIRY_MS) return;
        end(id, client, now);
      }
    },
    clear: (now) => {
      for (const [id, { client }] of polling) end(id, client, now);
    },
    ids: () => [...polling.keys()],
    expect: (ids) => {
      expected = new Set(ids);
    },
    get count() {
      return polling.size;
    },
    get peak() {
      return peak;
    },
  };
}
