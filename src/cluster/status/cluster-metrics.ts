/**
 * `GET /metrics` of a front end, for Prometheus. Each front end has a registry of its own, because
 * several may run in one process (in tests they do). Labels have few values, none of them from
 * clients.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { SentBecause } from '../nearest/nearest.js';
import type { SupervisorEffect } from '../supervisor/supervisor-types.js';

/** Values that are read when the metrics are printed. */
interface Levels {
  readonly scxs: number;
  readonly scxsMax: number;
  readonly spares?: readonly { readonly ready: boolean }[] | undefined;
  readonly sessions: number;
  readonly listeners: number;
  /** Those of them whose stream goes through the front end. */
  readonly proxied: number;
  /** Undefined if no history is kept. */
  readonly history?: { readonly isWritten: boolean; readonly lost: number } | undefined;
}

/**
 * How an encoder reaches its SCX: its connection is given to it, or to the carrier, or this process joins
 * it to another one.
 */
export type EncoderWay = 'handedOver' | 'carried' | 'passedThrough';

const WAYS = { handedOver: 'handed_over', carried: 'carried', passedThrough: 'passed' } as const;

export interface ClusterMetrics {
  countRequest(route: string, status: number): void;
  countLease(): void;
  countEncoder(way: EncoderWay): void;
  countEffect(effect: SupervisorEffect): void;
  countWebhook(outcome: string): void;
  countSentElsewhere(why: SentBecause): void;
  noteDisk(isWritable: boolean): void;
  readonly contentType: string;
  print(levels: Levels): Promise<string>;
}

/** Creates the metrics, all zero. */
export function createClusterMetrics(): ClusterMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({ name: `scattercast_${name}`, help, registers });
  const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name: `scattercast_${name}`, help, labelNames, registers });

  const scxs = gauge('scxs', 'SCX processes of this cluster');
  const scxsMax = gauge('scxs_max', 'SCX processes that this cluster may run');
  const spares = gauge('scx_spares', 'Processes that are ready to become an SCX');
  const sessions = gauge('sessions', 'Sessions published here or with an SCX here');
  const listeners = gauge('listeners', 'Listeners at this cluster');
  const proxied = gauge('proxied_streams', 'Streams that go through the front end');
  const disk = gauge('data_writable', '1 while the data directory can be written, else 0');
  disk.set(1);
  const history = gauge('history_writable', '1 while the history can be written, else 0');
  const lost = gauge('history_lost', 'Samples and events that the history could not take');
  const requests = counter('http_requests_total', 'Requests answered', ['route', 'status']);
  const leases = counter('leases_total', 'Lease renewals of SCXs');
  const encoders = counter('encoders_total', 'Encoders that reached their SCX', ['way']);
  const launches = counter('scx_launches_total', 'SCXs launched');
  const stops = counter('scx_stops_total', 'SCXs told to stop', ['signal']);
  const hooks = counter('webhook_events_total', 'Events for webhooks', ['outcome']);
  const sent = counter('listeners_sent_total', 'Listeners sent to other clusters', ['why']);
  const answers = counter('scx_requests_total', 'Requests for an SCX, answered', ['outcome']);

  return {
    countRequest: (route, status) => requests.inc({ route, status }),
    countLease: () => leases.inc(),
    countEncoder: (way) => encoders.inc({ way: WAYS[way] }),
    countEffect: (effect) => {
      if (effect.kind === 'launch') launches.inc();
      if (effect.kind === 'stop') stops.inc({ signal: effect.signal });
      if (effect.kind === 'answer') answers.inc({ outcome: effect.outcome.kind });
    },
    countWebhook: (outcome) => hooks.inc({ outcome }),
    countSentElsewhere: (why) => sent.inc({ why }),
    noteDisk: (isWritable) => disk.set(Number(isWritable)),
    contentType: registry.contentType,
    print: (levels) => {
      scxs.set(levels.scxs);
      scxsMax.set(levels.scxsMax);
      spares.set((levels.spares ?? []).filter(({ ready }) => ready).length);
      sessions.set(levels.sessions);
      listeners.set(levels.listeners);
      proxied.set(levels.proxied);
      history.set(Number(levels.history?.isWritten ?? true));
      lost.set(levels.history?.lost ?? 0);
      return registry.metrics();
    },
  };
}
