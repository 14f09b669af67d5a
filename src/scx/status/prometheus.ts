/**
 * `GET /metrics` in Prometheus' text format. Everything is counted elsewhere in plain numbers, and
 * drawn on request. The library is loaded at the first request: most SCXs never get one, and each
 * would start more slowly.
 */

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

const PREFIX = 'scattercast_scx_';

/** The metrics of the process, and those that `read` returns at each request. */
export function createMetrics(session: string, read: () => readonly Metric[]): Metrics {
  let loading: Promise<Metrics> | undefined;
  return async () => {
    loading ??= load(session, read);
    return (await loading)();
  };
}

async function load(session: string, read: () => readonly Metric[]): Promise<Metrics> {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  registry.setDefaultLabels({ session });
  collectDefaultMetrics({ register: registry });
  for (const { kind, name, help, cause } of read()) {
    if (registry.getSingleMetric(PREFIX + name) !== undefined) continue;
    const Kind = kind === 'counter' ? Counter : Gauge;
    const labelNames = cause === undefined ? [] : ['cause'];
    new Kind({ name: PREFIX + name, help, labelNames, registers: [registry] });
  }
  const update = ({ kind, name, value, cause }: Metric): void => {
    const metric = registry.getSingleMetric(PREFIX + name);
    const labels = cause === undefined ? {} : { cause };
    if (metric instanceof Gauge) metric.set(labels, value);
    if (kind === 'counter' && metric instanceof Counter) metric.inc(labels, value);
  };
  return async () => {
    const present = read();
    // prom-client's counters can only be increased, so each begins at 0 again.
    for (const { name } of present) registry.getSingleMetric(PREFIX + name)?.reset();
    for (const metric of present) update(metric);
    return { text: await registry.metrics(), contentType: registry.contentType };
  };
}
