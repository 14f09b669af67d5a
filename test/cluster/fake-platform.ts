/**
 * A platform whose SCXs are objects in this process. They renew their leases over real HTTP, as
 * real ones do: when they are launched, whenever a test says so, and from then on as they are.
 */

import type { Launch } from '../../src/api/scx-launch.js';
import type { ScxStatus } from '../../src/api/scx-status.js';
import type { EncoderGift } from '../../src/cluster/platform/encoder-channel.js';
import type { Exit, Found, Platform } from '../../src/cluster/platform/platform.js';
import type { Spare } from '../../src/cluster/platform/spares.js';
import { nameInId } from '../../src/session/session-id.js';
import { fetchProven } from '../http/proven.js';
import { statusOf } from './support.js';

type Behaviour = 'renews' | 'silent' | 'dies' | 'portTaken';

export interface FakePlatform extends Platform {
  /** What the next launched SCXs do. */
  behaviour: Behaviour;
  /** All that were ever launched. */
  readonly launches: Launch[];
  readonly signals: string[];
  /** Whether its SCXs take the connections of encoders; those that were given. */
  takesEncoders: boolean;
  carriesEncoders: boolean;
  readonly carried: EncoderGift[];
  readonly gifts: EncoderGift[];
  /** The SCXs whose ports are not held any more. */
  readonly released: string[];
  /** What it says of processes that wait for a launch, and how often they were replaced. */
  waiting: readonly Spare[];
  renewals: number;
  /** Orders to hand over. */
  readonly orders: { readonly id: string; readonly successor: Launch; readonly drainMs: number }[];
  /** Makes an SCX renew its lease with these changes; resolves to the HTTP response. */
  renew(id: string, over?: Partial<ScxStatus>): Promise<Response>;
  exit(id: string, code: number): void;
}

/** Where a launched SCX says that it listens. */
export const httpUrlOf = ({ advertiseHost, httpPort, session }: Launch): string =>
  `http://${advertiseHost}:${httpPort}/${nameInId(session).split('/').at(-1)}.mp3`;

/** Interval between renewals, ms: a lease ends after 5 s without one. */
const RENEWAL_MS = 1500;

/** A platform with these SCXs running already. */
export function createFakePlatform(found: readonly Found[] = []): FakePlatform {
  const running = new Set<string>(found.map(({ id }) => id));
  /** How each SCX that has renewed its lease is to do so again. */
  const renewals = new Map<string, () => Promise<unknown>>();
  const renewing = setInterval(() => {
    for (const renewAgain of renewals.values()) void renewAgain().catch(() => undefined);
  }, RENEWAL_MS).unref();
  let tell: (exit: Exit) => void = () => undefined;

  const statusNow = (launch: Launch): ScxStatus =>
    statusOf(launch.id, launch.session, {
      httpUrl: httpUrlOf(launch),
      overlayAddress: `${launch.advertiseHost}:${launch.overlayPort}`,
    });

  const exit = (id: string, code: number, signal: string | null = null): void => {
    renewals.delete(id);
    if (!running.delete(id)) return;
    setImmediate(() => tell({ id, code: signal === null ? code : null, signal }));
  };

  const platform: FakePlatform = {
    behaviour: 'renews',
    launches: [],
    signals: [],
    takesEncoders: false,
    carriesEncoders: false,
    carried: [],
    gifts: [],
    released: [],
    waiting: [],
    renewals: 0,
    orders: [],
    renew: (id, over = {}) => {
      const launch = platform.launches.find((each) => each.id === id);
      if (launch === undefined) throw new Error(`no SCX ${id}`);
      const body = JSON.stringify({ ...statusNow(launch), ...over });
      const at = `${launch.leaseUrl}/leases`;
      const send = () => fetchProven(launch.leaseToken, at, { method: 'POST', body });
      if (running.has(id)) renewals.set(id, send);
      return send();
    },
    exit,
    launch: async (launch) => {
      platform.launches.push(launch);
      running.add(launch.id);
      if (platform.behaviour === 'renews') void platform.renew(launch.id).catch(() => undefined);
      if (platform.behaviour === 'dies') exit(launch.id, 1);
      if (platform.behaviour === 'portTaken') exit(launch.id, 3);
      return { pid: process.pid };
    },
    stop: (id, signal) => {
      platform.signals.push(`${signal} ${id}`);
      exit(id, 0, signal === 'SIGKILL' ? signal : null);
    },
    release: (id) => void platform.released.push(id),
    list: async () => found,
    carryEncoder: async (gift) => {
      platform.carried.push(gift);
      return platform.carriesEncoders;
    },
    giveEncoder: async (_id, gift) => {
      platform.gifts.push(gift);
      return platform.takesEncoders;
    },
    onExit: (hear) => {
      tell = hear;
    },
    adopt: (id, session) => {
      if (nameInId(session).endsWith('/ghost')) return false;
      running.add(id);
      return true;
    },
    orderSuccessor: async (id, successor, drainMs) => {
      platform.orders.push({ id, successor, drainMs });
    },
    spares: () => platform.waiting,
    renewSpares: () => void platform.renewals++,
    close: () => {
      clearInterval(renewing);
      running.clear();
    },
  };
  return platform;
}
