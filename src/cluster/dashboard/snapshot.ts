/**
 * What the dashboard shows now, drawn from the cluster's status. Bounded: so many lines of each kind as can
 * still be read.
 */
import type { ClusterStatus, SessionStatus } from '../../api/cluster-status.js';
import type { HistoryEvent } from '../../api/dashboard/history-rows.js';
import type {
  DashboardSnapshot,
  EncoderLine,
  MachineLine,
  MachineLoad,
  RefusedLine,
  SessionLine,
  WarningLine,
} from '../../api/dashboard/snapshot.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { findingsOf } from './findings.js';
import { isolatedSessions } from './isolated-sessions.js';

/** What is drawn. */
export interface SnapshotSources {
  readonly at: number;
  readonly status: ClusterStatus;
  readonly hostname: string;
  readonly load: MachineLoad;
  readonly failures: readonly HistoryEvent[];
  readonly warnings: readonly WarningLine[];
  /** Undefined without a database of places. */
  readonly countries: ReadonlyMap<string, number> | undefined;
  readonly history: DashboardSnapshot['history'];
  readonly isDiskWritable: boolean;
}

const LINES_MAX = { sessions: 200, encoders: 100, refused: 50, machines: 200, failures: 50 };
const WARNINGS_MAX = 30;
const COUNTRIES_MAX = 30;

function sessionLine(session: SessionStatus): SessionLine {
  const { path, title, onAir, kept, listeners, listenersPeak, listenersMax, scxs } = session;
  const playing = scxs.find((scx) => scx.playing !== null);
  return {
    ...{ path, title, onAir, kept, listeners, listenersPeak, listenersMax },
    ...{ playing: playing?.title ?? null, kbps: playing?.bitrateKbps ?? null },
    scxs: scxs.length,
    failovers: session.disturbances.failovers,
    lost: session.disturbances.lost,
  };
}

/** The sources that are attached to an SCX here. */
const encodersOf = (session: string, scx: ScxStatus): readonly EncoderLine[] =>
  scx.sources
    .filter((source) => source.scx === scx.id)
    .map(({ id, name = '', mount = null, priority, silent }) => ({
      ...{ session, name, mount, priority },
      isPlayed: scx.playing === id,
      isSilent: silent === true,
    }));

const refusedOf = (session: string, { refused = [] }: ScxStatus): readonly RefusedLine[] =>
  refused.map((one) => ({ session, ...one }));

function machinesOf({ status, hostname, load }: SnapshotSources): readonly MachineLine[] {
  const { machines, scxs, listeners } = status.cluster;
  if (machines === undefined) {
    return [{ name: hostname, isReady: true, isActive: true, scxs, listeners, load }];
  }
  return machines.map(({ name, ready, active, ...counts }) => ({
    ...{ name, isReady: ready, isActive: active, ...counts },
    ...(name === hostname ? { load } : {}),
  }));
}

const countriesOf = ({ countries }: SnapshotSources): DashboardSnapshot['countries'] =>
  countries === undefined
    ? null
    : [...countries]
        .map(([code, listeners]) => ({ code, listeners: Math.round(listeners) }))
        .toSorted((one, other) => other.listeners - one.listeners)
        .slice(0, COUNTRIES_MAX);

const byListeners = (one: SessionLine, other: SessionLine): number =>
  other.listeners - one.listeners || (one.path < other.path ? -1 : 1);

/** Draws it. */
export function snapshotOf(sources: SnapshotSources): DashboardSnapshot {
  const { at, status, failures, warnings, history, isDiskWritable } = sources;
  const { url, version, startedAt, listeners, scxs, scxsMax } = status.cluster;
  const sessions = status.sessions.map(sessionLine).toSorted(byListeners);
  const each = <Line>(draw: (path: string, scx: ScxStatus) => readonly Line[]): readonly Line[] =>
    status.sessions.flatMap((one) => one.scxs.flatMap((scx) => draw(one.path, scx)));
  const drawn = {
    at,
    cluster: {
      ...{ url, version, startedAt, listeners, scxs, scxsMax, sessions: sessions.length },
      onAir: sessions.filter(({ onAir }) => onAir).length,
    },
    encoders: each(encodersOf).slice(0, LINES_MAX.encoders),
    refused: each(refusedOf).slice(0, LINES_MAX.refused),
    machines: machinesOf(sources).slice(0, LINES_MAX.machines),
    failures: failures.slice(0, LINES_MAX.failures),
    history,
  };
  const isolated = isolatedSessions(status.sessions);
  return {
    ...drawn,
    findings: findingsOf({ ...drawn, sessions, isDiskWritable, isolated }),
    sessions: sessions.slice(0, LINES_MAX.sessions),
    warnings: warnings.slice(0, WARNINGS_MAX),
    countries: countriesOf(sources),
  };
}
