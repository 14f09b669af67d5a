/**
 * What the cluster has room for (api/locating/room.ts), from what its SCXs reported with their last lease
 * renewals: listeners in each session, and SCXs that may be started for sessions from elsewhere.
 */
import { createHash } from 'node:crypto';
import { type RoomAnswer, roundedRoom, type SessionRoom } from '../../api/locating/room.js';
import type { ScxStatus } from '../../api/scx-status.js';
import type { PublicKey } from '../../session/public-key.js';
import type { SupervisorConfig } from '../supervisor/supervisor-config.js';

/** The answer with all sessions. */
export type Room = RoomAnswer & { readonly sessions: readonly SessionRoom[] };

export interface RoomSources {
  readonly key: PublicKey;
  readonly url: string;
  /** Sessions of any other cluster are carried here. */
  readonly carriesAny: boolean;
  readonly config: Pick<SupervisorConfig, 'scxsMax' | 'foreignMax' | 'sessionListenersMax'>;
  /** Listeners of an SCX that is started now, at most. */
  readonly scxListenersMax: number;
  /** SCX processes, those that have not reported yet included. */
  readonly scxCount: number;
  readonly scxs: readonly ScxStatus[];
  /** The ids of the sessions that are published here. */
  readonly published: readonly string[];
  /** Whether a session may be told of. */
  isPublic(session: string): boolean;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const isBusy = ({ listeners, attachedSources }: ScxStatus): boolean =>
  listeners + attachedSources > 0;

/** SCXs for sessions from elsewhere; those that have no client make room for others. */
function foreignPlaces(from: RoomSources): number {
  const { scxs, scxCount, published, config } = from;
  const isOwn = new Set(published);
  const own = scxs.filter(({ session }) => isOwn.has(session));
  const lacking = published.filter((id) => !own.some(({ session }) => session === id));
  const foreign = scxs.filter(({ session }) => !isOwn.has(session));
  const silent = Math.max(0, scxCount - scxs.length - lacking.length);
  const max = Math.min(config.foreignMax, config.scxsMax - own.length - lacking.length);
  return Math.max(0, max - foreign.filter(isBusy).length - silent);
}

/** What the session's SCXs can take, and a further one if it may be started. */
function sessionRoom(id: string, places: number, from: RoomSources): SessionRoom {
  const { scxs, scxCount, config, published, scxListenersMax } = from;
  const here = scxs.filter(({ session, state }) => session === id && state === 'running');
  const free = sum(here.map((scx) => Math.max(0, scx.listenersMax - scx.listeners)));
  const mayGrow = published.includes(id) ? scxCount < config.scxsMax || places > 0 : places > 0;
  const left = config.sessionListenersMax - sum(here.map(({ listeners }) => listeners));
  const room = Math.min(free + (mayGrow ? scxListenersMax : 0), Math.max(0, left));
  return { id, free: roundedRoom(room) };
}

const versionOf = (sessions: readonly SessionRoom[]): string =>
  createHash('sha256').update(JSON.stringify(sessions)).digest('base64url').slice(0, 16);

/** Composes the answer. */
export function drawRoom(from: RoomSources): Room {
  const { key, url, carriesAny: carries, scxs, published, scxListenersMax } = from;
  const places = foreignPlaces(from);
  const ids = [...new Set([...published, ...scxs.map(({ session }) => session)])].sort();
  const sessions = ids.filter(from.isPublic).map((id) => sessionRoom(id, places, from));
  const running = scxs.filter(({ state }) => state === 'running');
  const free = sum(running.map((scx) => Math.max(0, scx.listenersMax - scx.listeners)));
  const all = free + places * scxListenersMax;
  return {
    ...{ key, urls: [url], carries, places, free: roundedRoom(all) },
    ...{ version: versionOf(sessions), sessions },
  };
}
