/**
 * The history of this front end (api/dashboard/history-rows.ts), kept in `history.db` in its data directory.
 * What is recorded is collected, and written once a minute, and before anything is read.
 *
 * A disk that is full, broken or hangs costs history and nothing else: what could not be written is
 * counted, the log says so once, and it is written again as soon as the disk takes it.
 *
 * Bounded: what is collected, by COLLECTED_MAX; the file, by the operator.
 */
import type { Logger } from 'pino';
import type {
  HistoryChart,
  HistoryEvent,
  ListeningRow,
  Sample,
  Span,
} from '../../api/dashboard/history-rows.js';
import { createStoreAccess } from './store-access.js';
import type { StoreAnswer, StoreOrder } from './store-order.js';
import type { ChartQuery } from './store-reports.js';

/** How the history is doing. */
export interface HistoryState {
  readonly isWritten: boolean;
  /** Why it is not; '' while it is. */
  readonly reason: string;
  /** Samples and events that could not be written since the start. */
  readonly lost: number;
  readonly bytes: number;
}

export interface History {
  add(samples: readonly Sample[]): void;
  note(event: HistoryEvent): void;
  /** These reject with an Error that says why the history cannot be read. */
  chart(query: ChartQuery): Promise<HistoryChart>;
  listening(span: Span): Promise<readonly ListeningRow[]>;
  events(countMax: number): Promise<readonly HistoryEvent[]>;
  readonly state: HistoryState;
  /** Writes what is collected, and ends. */
  close(): Promise<void>;
}

export interface HistoryOptions {
  readonly dataDir: string;
  /** The largest size of the file. */
  readonly bytesMax: number;
  readonly log: Logger;
  readonly writeMs?: number;
}

const WRITE_MS = 60_000;
/** Samples and events that wait to be written. */
const COLLECTED_MAX = 100_000;

const NOT_WRITTEN =
  'The history cannot be written, and what happens meanwhile will be missing in it; streams are not ' +
  'affected: make room on the disk of the data directory, or make history.db there writable.';
const REPLACED =
  'The history was damaged: a new one is begun, and the old one lies beside it as history.db.broken.';
const AT_LIMIT =
  'The history is as large as it may become: what is oldest goes before its time. Raise --history to keep more.';

/** Opens the history; nothing is read or written yet. */
export function openHistory(options: HistoryOptions): History {
  const { dataDir, bytesMax, log, writeMs = WRITE_MS } = options;
  const access = createStoreAccess({ file: `${dataDir}/history.db`, bytesMax });
  let samples: Sample[] = [];
  let events: HistoryEvent[] = [];
  let state: HistoryState = { isWritten: true, reason: '', lost: 0, bytes: 0 };
  let hasToldLimit = false;

  const lose = (count: number, reason: string): void => {
    if (state.isWritten) log.warn({ reason }, NOT_WRITTEN);
    state = { ...state, isWritten: false, reason, lost: state.lost + count };
  };

  const onDone = ({ bytes, isReplaced, hasMadeRoom }: Extract<StoreAnswer, { ok: true }>): void => {
    if (!state.isWritten) log.info({ lost: state.lost }, 'The history is written again.');
    state = { ...state, isWritten: true, reason: '', bytes };
    if (isReplaced) log.warn({ file: `${dataDir}/history.db.broken` }, REPLACED);
    if (hasMadeRoom && !hasToldLimit) log.info({ bytesMax }, AT_LIMIT);
    hasToldLimit ||= hasMadeRoom === true;
  };

  const collect = <Item>(into: Item[], items: readonly Item[]): void => {
    const room = Math.max(0, COLLECTED_MAX - samples.length - events.length);
    into.push(...items.slice(0, room));
    if (items.length > room) lose(items.length - room, 'too much waits for the disk');
  };

  const write = async (): Promise<void> => {
    const count = samples.length + events.length;
    if (count === 0) return;
    const batch = { samples, events };
    [samples, events] = [[], []];
    const now = Math.floor(Date.now() / 1000);
    const answer = await access.ask({ kind: 'add', batch, now });
    if (answer.ok) onDone(answer);
    else lose(count, answer.reason);
  };

  /** Orders are carried out in their order, so what is read contains what was collected. */
  const read = async <Value>(order: StoreOrder): Promise<Value> => {
    void write();
    const answer = await access.ask(order);
    if (!answer.ok) throw new Error(answer.reason);
    return answer.value as Value;
  };

  const writing = setInterval(() => void write(), writeMs);
  writing.unref();
  return {
    add: (more) => collect(samples, more),
    note: (event) => collect(events, [event]),
    chart: (query) => read({ kind: 'chart', query }),
    listening: (span) => read({ kind: 'listening', span }),
    events: (countMax) => read({ kind: 'events', countMax }),
    get state() {
      return state;
    },
    close: async () => {
      clearInterval(writing);
      // A front end that lived for less than a minute starts no thread to say so.
      if (access.isStarted) await write();
      await access.close();
    },
  };
}
