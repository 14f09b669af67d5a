/** The metrics of a redirector, for Prometheus; labels have few values, none of them from strangers. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { RCODE, type Rcode } from './dns/message.js';

export interface RedirectorMetrics {
  countAnswer(transport: 'udp' | 'tcp', rcode: Rcode, ms: number): void;
  countMalformed(transport: 'udp' | 'tcp'): void;
  countLimited(verdict: 'truncate' | 'drop'): void;
  readonly contentType: string;
  /** `levels`: what there is now. */
  print(levels: Levels): Promise<string>;
}

interface Levels {
  /** Clusters that are known, and those that answer. */
  readonly known: number;
  readonly live: number;
  /** Those of them that are full. */
  readonly full: number;
  readonly sessions: number;
}

const NAMES: ReadonlyMap<Rcode, string> = new Map(
  Object.entries(RCODE).map(([name, rcode]) => [rcode, name.toLowerCase()]),
);

/** Creates the metrics, all zero. */
export function createRedirectorMetrics(): RedirectorMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const named = (name: string, help: string, labelNames: string[] = []) => ({
    ...{ name: `scattercast_redirector_${name}`, help, labelNames, registers },
  });
  const answers = new Counter(named('answers_total', 'Questions answered', ['transport', 'rcode']));
  const malformed = new Counter(
    named('malformed_total', 'Datagrams and connections without a well-formed question', [
      'transport',
    ]),
  );
  const limited = new Counter(
    named('limited_total', 'Answers beyond the rate of a network', ['verdict']),
  );
  const seconds = new Histogram({
    ...named('answer_seconds', 'Time to find an answer'),
    buckets: [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.1],
  });
  const known = new Gauge(named('clusters', 'Clusters that are known and trusted'));
  const live = new Gauge(named('clusters_live', 'Clusters that answer'));
  const full = new Gauge(named('clusters_full', 'Clusters that answer and are full'));
  const sessions = new Gauge(named('sessions', 'Names of sessions in the zone'));
  return {
    countAnswer: (transport, rcode, ms) => {
      answers.inc({ transport, rcode: NAMES.get(rcode) ?? 'other' });
      seconds.observe(ms / 1000);
    },
    countMalformed: (transport) => malformed.inc({ transport }),
    countLimited: (verdict) => limited.inc({ verdict }),
    contentType: registry.contentType,
    print: (levels) => {
      known.set(levels.known);
      live.set(levels.live);
      full.set(levels.full);
      sessions.set(levels.sessions);
      return registry.metrics();
    },
  };
}
