/** One number of `GET /metrics`, before Prometheus' library draws it. */

/** A number that only grows, or one that goes up and down. */
export interface Metric {
  readonly kind: 'counter' | 'gauge';
  /** Without the common prefix: `listeners`. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
  /** The label that tells several metrics of one name apart. */
  readonly cause?: string;
}

/** The text of all metrics. Rejects when the library cannot be loaded, now and later. */
export type Metrics = () => Promise<{ readonly text: string; readonly contentType: string }>;
