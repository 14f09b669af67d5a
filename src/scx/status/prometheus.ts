/**
 * `GET /metrics` in Prometheus' text format. Everything is counted elsewhere in plain numbers, and
 * drawn when somebody asks. The library is loaded by the first who asks: few do, and each SCX
 * would start later for it.
 */

/** A number that only grows, or one that goes up and down. */
export interface Metric {
  readonly kind: 'counter' | 'gauge';
  /** Without the common prefix: `listeners`. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
  /** Several metrics of one name differ in it. */
  readonly cause?: string;
}

/** The text of all metrics. Rejects when the library cannot be loaded, now and later. */
export type Metrics = () => Promise<{ readonly text: string; readonly contentType: string }>;

const PREFIX = 'scattercast_scx_';

/** Metrics of the process, and what `read` tells at the moment. */
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
    // A counter can only be added to: it begins anew each time.
    for (const { name } of present) registry.getSingleMetric(PREFIX + name)?.reset();
    for (const metric of present) update(metric);
    return { text: await registry.metrics(), contentType: registry.contentType };
  };
}
