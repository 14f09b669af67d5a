/**
 * The Prometheus library's registry for one SCX. It is a module of its own because it is loaded
 * late: a bundle cannot name the exports of a CommonJS package that is imported dynamically, so the
 * package is imported statically here, and this module dynamically.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Metric, Metrics } from './metric.js';

const PREFIX = 'scattercast_scx_';

/**
 * Creates the metrics of a process whose session is `session`; `read` is called at each request.
 */
export function createRegistry(session: string, read: () => readonly Metric[]): Metrics {
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
