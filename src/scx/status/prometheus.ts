/**
 * `GET /metrics` in Prometheus' text format. Everything is counted elsewhere in plain numbers, and
 * drawn on request. The library is loaded at the first request (metric-registry.ts): most SCXs never
 * get one, and each would start more slowly.
 */
import type { Logger } from 'pino';
import type { Metric, Metrics } from './metric.js';

/**
 * Creates the metrics of the process, and those that `read` returns at each request. A library that
 * cannot be loaded is logged, once.
 */
export function createMetrics(
  session: string,
  read: () => readonly Metric[],
  log: Logger,
): Metrics {
  let loading: Promise<Metrics> | undefined;
  const load = async (): Promise<Metrics> => {
    const { createRegistry } = await import('./metric-registry.js');
    return createRegistry(session, read);
  };
  return async () => {
    if (loading === undefined) {
      loading = load();
      loading.catch((err: unknown) => log.error({ err }, 'The metrics library cannot be loaded.'));
    }
    return (await loading)();
  };
}
