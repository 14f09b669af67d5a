/**
 * The history of a cluster as its front end keeps it: how many listened, measured continuously and summed
 * up over short spans, and what failed. There are no addresses in it, and nothing of a single listener.
 *
 * Plain data: the front end hands it to the thread with the store (cluster/history/), and the dashboard is
 * sent a part of it.
 */

/**
 * What is counted: all listeners here, those of a session, of a country, of another cluster, or of a machine of this
 * one, where it has several.
 */
export type SeriesKind = 'total' | 'session' | 'country' | 'cluster' | 'machine';

/** What happened in one span of `STEPS.fine` seconds. */
export interface Sample {
  readonly kind: SeriesKind;
  /** A session's path, a country's code, a cluster's URL, a machine's name; '' of all. */
  readonly name: string;
  /** The span's beginning, s since 1970. */
  readonly at: number;
  /** How much of the span was measured, ms. */
  readonly measuredMs: number;
  /** How long all of them together have listened, ms. */
  readonly listeningMs: number;
  /** The most at a time. */
  readonly peak: number;
  /** How many began to listen. */
  readonly starts: number;
}

type EventKind = 'scx' | 'onAir' | 'offAir' | 'disk';

/** Something that failed, or is well again. */
export interface HistoryEvent {
  /** Ms since 1970. */
  readonly at: number;
  readonly kind: EventKind;
  /** Its path; '' where it is about the cluster. */
  readonly session: string;
  /** A sentence. */
  readonly text: string;
}

/** What is written in one step. */
export interface Batch {
  readonly samples: readonly Sample[];
  readonly events: readonly HistoryEvent[];
}

/** The spans that are kept, s: the fine ones for a day, the coarse ones for 30 days. */
export const STEPS = { fine: 10, coarse: 300 } as const;
export const KEPT_S = { fine: 86_400, coarse: 30 * 86_400 } as const;

/** A time, and what is counted in it: `from` <= time < `to`, s since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The listeners over a time; average numbers, null where nothing was measured. */
export interface HistoryChart extends Span {
  readonly step: number;
  /** All listeners here. */
  readonly total: readonly (number | null)[];
  /** The largest; the others are what is missing to the total. */
  readonly series: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
  }[];
}

/** The listening to one session in a time. */
export interface ListeningRow extends Span {
  readonly session: string;
  readonly measuredMs: number;
  readonly listeningMs: number;
  readonly peak: number;
  readonly starts: number;
}
