/**
 * One cluster of the map: its addresses, each with a door (door.ts), and what it has said last about its
 * room. The names in its URLs are resolved again and again, as they may lead elsewhere tomorrow.
 *
 * An answer counts for a URL only if the same key has signed it, and names that URL as its own: so
 * neither a wrong entry in the map nor a recycled address leads to somebody else.
 *
 * Bounded: URLS_MAX URLs, ADDRESSES_MAX addresses of each.
 */
import { lookup } from 'node:dns/promises';
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RoomAnswer } from '../../api/locating/room.js';
import type { Coordinates } from '../../gossamer/core/node.js';
import { classifyAddress } from '../../http/client/address-rules.js';
import { urlOf } from '../../lib/url-path.js';
import type { PublicKey } from '../../session/public-key.js';
import type { ClusterClient } from './ask-cluster.js';
import { ANSWER_MS, type Door, watchDoor } from './door.js';
import { type LiveCluster, labelOf } from './live-cluster.js';

const URLS_MAX = 4;
const ADDRESSES_MAX = 4;
const RESOLVE_MS = 30_000;

export interface KnownClusterOptions {
  readonly key: PublicKey;
  readonly client: ClusterClient;
  /** Addresses that are not public are used, too. */
  readonly allowPrivate: boolean;
  /** Of listeners who have an address only: doors at this port are preferred. */
  readonly usualPort: number;
  /** How often each address is asked, ms; default: that of door.ts. */
  readonly askMs?: number | undefined;
  readonly log: Logger;
  readonly signal: AbortSignal;
  now(): number;
  /** The cluster has other sessions than before. */
  onSessions(): void;
}

export interface KnownCluster {
  readonly key: PublicKey;
  readonly label: string;
  /** Where it may be: URLs of its own, or what the map says. */
  know(urls: readonly string[], place: Coordinates | undefined): void;
  /** What can be said of it now; undefined: no door is open. */
  live(): LiveCluster | undefined;
  sessionIds(): Iterable<string>;
  /** How long no door has been open, ms; Infinity: it never was. */
  goneMs(): number;
  /** Some address at which it can be asked; undefined: none. */
  openAt(): { readonly url: URL; readonly address: string } | undefined;
  end(): void;
}

interface OwnDoor {
  readonly url: URL;
  readonly address: string;
  readonly port: number;
  readonly door: Door;
  readonly ending: AbortController;
}

const portOf = ({ port, protocol }: URL): number =>
  Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port);

/** Creates a cluster without addresses. */
export function createKnownCluster(options: KnownClusterOptions): KnownCluster {
  const { key, client, allowPrivate, usualPort, log, now } = options;
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, options.signal]);
  setMaxListeners(0, signal); // Bounded by URLs and addresses.
  const label = labelOf(key);
  const doors = new Map<string, OwnDoor>();
  const urls = new Map<string, URL>();
  let place: Coordinates | undefined;
  let room: RoomAnswer | undefined;
  let sessions: ReadonlyMap<string, number> = new Map();
  let seenAt = Number.NEGATIVE_INFINITY;

  const mayUse = (address: string): boolean => {
    const found = classifyAddress(address);
    return found === 'public' || (found === 'private' && allowPrivate);
  };

  const onRoom = (answer: RoomAnswer): void => {
    room = answer;
    seenAt = now();
    if (answer.sessions === undefined) return;
    sessions = new Map(answer.sessions.map(({ id, free }) => [id, free]));
    options.onSessions();
  };

  const askAt = (url: URL, address: string) => async (): Promise<RoomAnswer> => {
    const answer = await client.askRoom(
      { url, address, timeoutMs: ANSWER_MS },
      room?.version ?? '',
    );
    if (answer.key !== key) throw new Error(`another cluster is there, with the key ${answer.key}`);
    if (!answer.urls.includes(url.origin)) throw new Error('the cluster says that it is elsewhere');
    return answer;
  };

  const open = (url: URL, address: string): OwnDoor => {
    const closing = new AbortController();
    const door = watchDoor({
      ...{ ask: askAt(url, address), onRoom, now, askMs: options.askMs },
      signal: AbortSignal.any([closing.signal, signal]),
      onChange: (isOpen, why) => {
        const told = { cluster: label, url: url.origin, address, why };
        if (isOpen) log.info(told, 'a cluster is there');
        else log.warn(told, 'A cluster does not answer: it is left out.');
      },
    });
    return { url, address, port: portOf(url), door, ending: closing };
  };

  /** Has a door for each of these addresses, and no other. */
  const settle = (url: URL, addresses: readonly string[]): void => {
    const wanted = new Set(addresses.map((address) => `${url.origin} ${address}`));
    for (const [name, { ending: closing, url: of }] of doors) {
      if (of.origin !== url.origin || wanted.has(name)) continue;
      closing.abort();
      doors.delete(name);
    }
    for (const address of addresses) {
      const name = `${url.origin} ${address}`;
      if (!doors.has(name)) doors.set(name, open(url, address));
    }
  };

  const resolve = async (url: URL): Promise<void> => {
    const name = url.hostname.replace(/^\[|\]$/g, '');
    while (!signal.aborted && urls.has(url.origin)) {
      const found = await lookup(name, { all: true, verbatim: true }).catch(() => undefined);
      const usable = found?.map(({ address }) => address).filter(mayUse);
      // A name server that is away for a while changes nothing.
      if (usable !== undefined && !signal.aborted) settle(url, usable.slice(0, ADDRESSES_MAX));
      await pause(RESOLVE_MS, undefined, { signal });
    }
  };

  /** A cluster that has moved leaves its old URLs behind. */
  const forgetUnused = (): void => {
    for (const [origin, url] of urls) {
      if (openDoors().some((door) => door.url.origin === origin)) continue;
      urls.delete(origin);
      settle(url, []);
    }
  };

  const openDoors = (): OwnDoor[] => [...doors.values()].filter(({ door }) => door.isOpen());

  return {
    key,
    label,
    know: (told, at) => {
      place = at ?? place;
      for (const text of told) {
        const url = urlOf(text);
        if (url?.origin !== text || urls.has(text)) continue;
        if (urls.size >= URLS_MAX) forgetUnused();
        if (urls.size >= URLS_MAX) return;
        urls.set(text, url);
        resolve(url).catch(() => undefined); // Only the end of the pause rejects.
      }
    },
    live: () => {
      const there = openDoors();
      if (room === undefined || there.length === 0) return undefined;
      const port = there.some((door) => door.port === usualPort) ? usualPort : there[0]?.port;
      const all = new Set(there.filter((door) => door.port === port).map(({ address }) => address));
      const isIPv6 = (address: string): boolean => address.includes(':');
      return {
        ...{ key, coordinates: place, sessions },
        ...{ carries: room.carries, places: room.places, free: room.free },
        target: {
          addresses4: [...all].filter((address) => !isIPv6(address)),
          addresses6: [...all].filter(isIPv6),
          ...{ label, port: port ?? usualPort, weight: room.free },
        },
      };
    },
    sessionIds: () => sessions.keys(),
    goneMs: () => (openDoors().length > 0 ? 0 : now() - seenAt),
    openAt: () => {
      const [open] = openDoors();
      return open && { url: open.url, address: open.address };
    },
    end: () => ending.abort(),
  };
}
