/**
 * What the operator of a cluster is shown: the history of this front end, and what there is now. It
 * records from the start on; what only a dashboard needs is done while somebody looks.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ClusterStatus } from '../../api/cluster-status.js';
import type { DashboardSnapshot, WarningLine } from '../../api/dashboard/snapshot.js';
import type { PlaceOf } from '../../runtime/system/address-places.js';
import { parseSessionId, refPath } from '../../session/session-id.js';
import { sessionPath } from '../../session/session-name.js';
import type { ScxClients } from '../admin/scx-clients.js';
import type { AnnouncementFinder } from '../announcements/announcement-finder.js';
import type { Board } from '../directory/board.js';
import type { Fleet } from '../fleet/fleet.js';
import { type History, openHistory } from '../history/history.js';
import { type Recorder, startRecorder } from '../history/recorder.js';
import { startCountries } from './countries.js';
import { createMachineLoad } from './machine-load.js';
import { type RecentWarnings, readScxWarnings } from './recent-warnings.js';
import { snapshotOf } from './snapshot.js';

export interface DashboardOptions {
  readonly dataDir: string;
  readonly log: Logger;
  /** The largest size of the history's file; 0: none is kept. */
  readonly historyBytesMax?: number;
  /** The last warnings of `log`. */
  readonly warnings?: Pick<RecentWarnings, 'all'>;
  readonly fleet: Pick<Fleet, 'statuses' | 'listenersOf'>;
  readonly finder: Pick<AnnouncementFinder, 'recall'>;
  readonly board: Pick<Board, 'clusters'>;
  readonly clients: ScxClients;
  /** Undefined without a database of places. */
  readonly placeOf: PlaceOf | undefined;
  status(url: string): ClusterStatus;
}

export interface Dashboard {
  /** Undefined if the operator wants none. */
  readonly history: History | undefined;
  readonly onEffect: Recorder['onEffect'];
  onDisk(isWritable: boolean): void;
  /** What there is now; `url`: our own. */
  snapshot(url: string): DashboardSnapshot;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

const HISTORY_BYTES_MAX = 256_000_000;
/** Interval at which the logs of SCXs are read while somebody looks, ms. */
const LOGS_MS = 10_000;

const NO_HISTORY: Pick<History, 'add' | 'note' | 'events'> = {
  add: () => undefined,
  note: () => undefined,
  events: () => Promise.resolve([]),
};

/** The path of a session here, as in the status. */
function createPathOf({ finder }: DashboardOptions): (session: string) => string {
  return (session) => {
    const identity = parseSessionId(session);
    if (!identity.ok) return session;
    const isPublished = finder.recall(session)?.isPublished === true;
    return isPublished ? sessionPath(identity.value) : refPath(identity.value);
  };
}

/** The warnings in logs: its own at once, those of SCXs as they were read last. */
function createWarnings({ dataDir, warnings }: DashboardOptions): () => readonly WarningLine[] {
  let ofScxs: readonly WarningLine[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  const read = async (): Promise<void> => {
    readAt = performance.now();
    ofScxs = await readScxWarnings(join(dataDir, 'logs'));
  };
  return () => {
    if (performance.now() - readAt > LOGS_MS) void read();
    return [...(warnings?.all() ?? []), ...ofScxs].toSorted((one, other) => other.at - one.at);
  };
}

function startCounting({ placeOf, fleet, clients, log }: DashboardOptions) {
  if (placeOf === undefined) return undefined;
  return startCountries({ placeOf, statuses: () => fleet.statuses(), clients, log });
}

/** Opens the dashboard, and begins to record. */
export function openDashboard(options: DashboardOptions): Dashboard {
  const { dataDir, log, fleet, board, status } = options;
  const { historyBytesMax: bytesMax = HISTORY_BYTES_MAX } = options;
  const history = bytesMax === 0 ? undefined : openHistory({ dataDir, bytesMax, log });
  const counting = startCounting(options);
  const load = createMachineLoad(dataDir);
  const warnings = createWarnings(options);
  let isDiskWritable = true;
  const recorder = startRecorder({
    history: history ?? NO_HISTORY,
    statuses: () => fleet.statuses(),
    pathOf: createPathOf(options),
    listenersOf: fleet.listenersOf,
    clusters: () =>
      board.clusters().map(({ facts }) => ({
        ...{ name: facts.urls[0] ?? '', listeners: facts.listeners },
      })),
    countries: () => counting?.now() ?? new Map(),
  });
  return {
    history,
    onEffect: recorder.onEffect,
    onDisk: (isWritable) => {
      isDiskWritable = isWritable;
      recorder.onDisk(isWritable);
    },
    snapshot: (url) =>
      snapshotOf({
        ...{ at: Date.now(), status: status(url), hostname: hostname(), load: load() },
        ...{ failures: recorder.recent(), warnings: warnings(), isDiskWritable },
        countries: counting?.now(),
        history: history?.state ?? null,
      }),
    close: async () => {
      counting?.close();
      recorder.close();
      await history?.close();
    },
  };
}
