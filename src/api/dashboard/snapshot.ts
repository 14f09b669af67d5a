/**
 * What a dashboard is sent every few seconds, as the data of server-sent events (docs/http.md). Names, titles
 * and reasons come from strangers, so pages insert them as text only.
 */
import type { HistoryEvent } from './history-rows.js';

/** Something that is not as it should be, and what to do about it, in sentences. */
export interface Finding {
  /** Red: somebody cannot hear, or soon cannot. */
  readonly level: 'red' | 'amber';
  readonly what: string;
  readonly todo: string;
}

export interface SessionLine {
  readonly path: string;
  readonly title: string | null;
  readonly onAir: boolean;
  /** Published at this cluster. */
  readonly kept: boolean;
  readonly listeners: number;
  readonly listenersPeak: number;
  readonly listenersMax: number;
  /** What plays now. */
  readonly playing: string | null;
  readonly kbps: number | null;
  readonly scxs: number;
  /** Changes of parent, and frames that were lost, by cause, since the SCXs were started. */
  readonly failovers: Readonly<Record<string, number>>;
  readonly lost: Readonly<Record<string, number>>;
}

/** A source that is attached to this cluster. */
export interface EncoderLine {
  readonly session: string;
  /** Of its source key: the station's, or a DJ's; '' if it has none. */
  readonly name: string;
  /** The mount that it feeds; null: `scattercast broadcast`, or the fallback. */
  readonly mount: string | null;
  readonly priority: number;
  readonly isPlayed: boolean;
  readonly isSilent: boolean;
}

/** Clients that were not let in as sources. */
export interface RefusedLine {
  readonly session: string;
  readonly network: string;
  readonly reason: string;
  readonly count: number;
  readonly lastAt: string;
}

export interface MachineLine {
  readonly name: string;
  readonly isReady: boolean;
  readonly isActive: boolean;
  readonly scxs: number;
  readonly listeners: number;
  /** Known of the front end's own machine only. */
  readonly load?: MachineLoad;
}

export interface MachineLoad {
  /** Processes that run or wait, average of a minute, and how many can run at a time. */
  readonly load: number;
  readonly cores: number;
  readonly memoryFree: number;
  readonly memoryTotal: number;
  /** Of the data directory's disk; null if the disk does not tell. */
  readonly diskFree: number | null;
  readonly diskTotal: number | null;
}

/** A line of a log, of the front end or of an SCX. */
export interface WarningLine {
  /** Ms since 1970. */
  readonly at: number;
  readonly level: 'warn' | 'error';
  readonly from: string;
  readonly text: string;
}

export interface DashboardSnapshot {
  /** Ms since 1970. */
  readonly at: number;
  readonly cluster: {
    readonly url: string;
    readonly version: string;
    readonly startedAt: string;
    readonly listeners: number;
    readonly scxs: number;
    readonly scxsMax: number;
    readonly sessions: number;
    readonly onAir: number;
  };
  readonly findings: readonly Finding[];
  /** Those with the most listeners. */
  readonly sessions: readonly SessionLine[];
  readonly encoders: readonly EncoderLine[];
  readonly refused: readonly RefusedLine[];
  readonly machines: readonly MachineLine[];
  readonly failures: readonly HistoryEvent[];
  readonly warnings: readonly WarningLine[];
  /** Listeners by country; null without a database of places. */
  readonly countries: readonly { readonly code: string; readonly listeners: number }[] | null;
  /** Null: the operator keeps no history. */
  readonly history: {
    readonly isWritten: boolean;
    readonly reason: string;
    readonly lost: number;
    readonly bytes: number;
  } | null;
}
