/**
 * Records what happens at this cluster: looks once a second at what its SCXs have told, and has samples
 * of it (sampler.ts) and what has failed put into the history. The newest failures are kept in memory, too,
 * for dashboards.
 *
 * A session is recorded while it is on the air or listened to.
 *
 * Bounded: SESSIONS_MAX sessions, CLUSTERS_MAX other clusters, MACHINES_MAX machines, RECENT_MAX failures.
 */
import type { HistoryEvent } from '../../api/dashboard/history-rows.js';
import type { ScxStatus } from '../../api/scx-status.js';
import type { SessionListeners } from '../fleet/listener-totals.js';
import type { SupervisorEffect } from '../supervisor/supervisor-types.js';
import type { History } from './history.js';
import { createOnAirWatch } from './on-air-watch.js';
import { createSampler, type Seen } from './sampler.js';

/** What is looked at. */
interface Looked {
  /** Of all sessions, those whose leases hold. */
  statuses(): readonly ScxStatus[];
  /** The path of a session here, which is named by its id. */
  pathOf(session: string): string;
  listenersOf(session: string): SessionListeners;
  /** All clusters that the directory tells of, and their listeners. */
  clusters(): readonly { readonly name: string; readonly listeners: number }[];
  /** Listeners here by country; empty if that is not known. */
  countries(): ReadonlyMap<string, number>;
}

export interface RecorderOptions extends Looked {
  readonly history: Pick<History, 'add' | 'note' | 'events'>;
  readonly lookMs?: number;
}

export interface Recorder {
  onEffect(effect: SupervisorEffect): void;
  onDisk(isWritable: boolean): void;
  /** The newest failures, the newest first; those before the start as soon as they are read. */
  recent(): readonly HistoryEvent[];
  /** Looks once more, so that nothing of the last second is missing. */
  close(): void;
}

const LOOK_MS = 1000;
const SESSIONS_MAX = 5000;
const CLUSTERS_MAX = 256;
const MACHINES_MAX = 256;
const RECENT_MAX = 100;
const TEXT_LENGTH_MAX = 300;

interface SeenSession {
  listeners: number;
  isOnAir: boolean;
  /** Listeners that began before this front end did. */
  startsBefore: number;
  readonly id: string;
}

/** The SCXs by the session's path. */
function bySession(
  { statuses, pathOf }: RecorderOptions,
  startedAt: string,
): ReadonlyMap<string, SeenSession> {
  const sessions = new Map<string, SeenSession>();
  for (const scx of statuses()) {
    const path = pathOf(scx.session);
    const fresh = { listeners: 0, isOnAir: false, startsBefore: 0, id: scx.session };
    const session = sessions.get(path) ?? fresh;
    session.listeners += scx.listeners;
    session.isOnAir ||= scx.playing !== null;
    if (scx.startedAt < startedAt) session.startsBefore += scx.listenersTotal;
    if (sessions.size < SESSIONS_MAX) sessions.set(path, session);
  }
  return sessions;
}

function seenSessions(
  sessions: ReadonlyMap<string, SeenSession>,
  { listenersOf }: RecorderOptions,
): readonly Seen[] {
  return [...sessions].map(([name, { listeners, isOnAir, startsBefore, id }]) => {
    const startsTotal = listenersOf(id).total;
    const isIdle = !isOnAir && listeners === 0;
    return { kind: 'session', name, listeners, startsTotal, startsBefore, isIdle };
  });
}

/** The listeners on each machine, where the cluster has machines with names. */
function byMachine({ statuses }: RecorderOptions): ReadonlyMap<string, number> {
  const machines = new Map<string, number>();
  for (const { machine, listeners } of statuses()) {
    if (machine === undefined) continue;
    if (machines.size >= MACHINES_MAX && !machines.has(machine)) continue;
    machines.set(machine, (machines.get(machine) ?? 0) + listeners);
  }
  return machines;
}

const seenCounts = (kind: Seen['kind'], counts: ReadonlyMap<string, number>): readonly Seen[] =>
  [...counts].map(([name, listeners]) => ({ kind, name, listeners }));

/** All, with the clusters, countries and machines where they are known. */
function seenElse(options: RecorderOptions, listeners: number): readonly Seen[] {
  const { clusters, countries } = options;
  const others = clusters().slice(0, CLUSTERS_MAX);
  return [
    { kind: 'total', name: '', listeners },
    ...others.map((one) => ({ kind: 'cluster', ...one }) as const),
    ...seenCounts('country', countries()),
    ...seenCounts('machine', byMachine(options)),
  ];
}

/** The failures in memory; what was written before the start is read once. */
function createRecent({ history }: RecorderOptions) {
  let recent: readonly HistoryEvent[] = [];
  let isRead = false;
  const read = async (): Promise<void> => {
    isRead = true;
    const [oldest] = recent.slice(-1);
    const before = await history.events(RECENT_MAX).catch(() => []);
    const older = before.filter(({ at }) => oldest === undefined || at < oldest.at);
    const all = [...recent, ...older].toSorted((one, other) => other.at - one.at);
    recent = all.slice(0, RECENT_MAX);
  };
  return {
    note: (event: HistoryEvent): void => {
      recent = [event, ...recent].slice(0, RECENT_MAX);
      history.note(event);
    },
    all: (): readonly HistoryEvent[] => {
      if (!isRead) void read();
      return recent;
    },
  };
}

const DISK = {
  full: 'The data directory cannot be written.',
  well: 'The data directory can be written again.',
} as const;

/** Begins to record. */
export function startRecorder(options: RecorderOptions): Recorder {
  const { history, pathOf, lookMs = LOOK_MS } = options;
  const sampler = createSampler();
  const recent = createRecent(options);
  const onAir = createOnAirWatch();
  const startedAt = new Date().toISOString();

  const note = (kind: HistoryEvent['kind'], session: string, text: string): void =>
    recent.note({ at: Date.now(), kind, session, text: text.slice(0, TEXT_LENGTH_MAX) });

  const look = (): void => {
    const now = performance.now();
    const sessions = bySession(options, startedAt);
    const heard = seenSessions(sessions, options);
    const listeners = heard.reduce((sum, one) => sum + one.listeners, 0);
    sampler.see([...seenElse(options, listeners), ...heard], now, Date.now());
    history.add(sampler.take());
    for (const { kind, session, text } of onAir.look(sessions, now)) note(kind, session, text);
  };

  const looking = setInterval(look, lookMs);
  looking.unref();
  return {
    onEffect: (effect) => {
      if (effect.kind !== 'log' || effect.level === 'info') return;
      note('scx', pathOf(effect.session), effect.message);
    },
    onDisk: (isWritable) => note('disk', '', isWritable ? DISK.well : DISK.full),
    recent: recent.all,
    close: () => {
      clearInterval(looking);
      look();
    },
  };
}
