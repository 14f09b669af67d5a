/**
 * Distances (§3.7): "Each node in the mesh runs a simple *ping* experiment to determine its
 * distance to its mesh neighbors. A ping experiment consists of a small sequence of time-stamped
 * packets that the node sends to its neighbor. When a neighbor receives the ping packets, it simply
 * reflects them back to the sender. The sender uses the average time difference between sending the
 * packets and receiving the responses to compute the round-trip times and thus the one-way
 * distances."
 *
 * The next ping is sent when the previous one is answered, so an experiment has at most one packet
 * under way. A node that is measured has been sent a message before, so no ping includes the time
 * to open a connection.
 *
 * Beyond: a pong carries the responder's coordinates (coordinates.ts). Probes (§3.6) and lost
 * neighbours (§3.5) are measured in the same way.
 */
import { type ClockedContext, send } from '../core/context.js';
import type { Message } from '../core/message.js';
import type { Address, Coordinates } from '../core/node.js';

type Pong = Extract<Message, { kind: 'pong' }>;

interface Experiment {
  readonly address: Address;
  readonly rttsMs: number[];
  nonce: number;
  sentAt: number;
  readonly until: number;
}

export interface Pings {
  /** Measures a neighbour now, and again each `pingIntervalMs`. */
  watch(address: Address, now: number): void;
  unwatch(address: Address): void;
  /** Starts an experiment unless one with that address is under way. */
  start(address: Address, now: number): void;
  isUnderWay(address: Address): boolean;
  /** @param own our coordinates */
  handlePing(from: Address, nonce: number, own: Coordinates): void;
  handlePong(from: Address, pong: Pong, now: number): void;
  /** Ends the experiment: no SCX can be reached at that address. */
  onUnreachable(address: Address): void;
  tick(now: number): void;
  deadline(): number;
}

/** The result of an experiment: the average RTT, ms, and the coordinates of the measured node. */
export interface Measured {
  readonly rttMs: number;
  readonly coordinates: Coordinates;
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export interface PingFacts {
  /** An experiment has succeeded. */
  onMeasured(address: Address, measured: Measured, now: number): void;
  /** An experiment was not answered in time. */
  onFailed(address: Address, now: number): void;
}

/** Creates ping experiments, with none under way. */
export function createPings(context: ClockedContext, facts: PingFacts): Pings {
  const { config } = context;
  /** Bounded: one for each neighbour and probed node, each ended by its timeout. */
  const experiments = new Map<Address, Experiment>();
  /** The neighbours. */
  const watched = new Set<Address>();
  let nextRound = Number.POSITIVE_INFINITY;
  let nextNonce = 1;

  const sendPing = (experiment: Experiment, now: number): void => {
    experiment.nonce = nextNonce++;
    experiment.sentAt = now;
    send(context, experiment.address, { kind: 'ping', nonce: experiment.nonce });
  };

  const start = (address: Address, now: number): void => {
    if (experiments.has(address)) return;
    const until = now + config.answerTimeoutMs;
    const experiment = { address, rttsMs: [], nonce: 0, sentAt: now, until };
    experiments.set(address, experiment);
    context.wakeBy(until);
    sendPing(experiment, now);
  };

  const startRound = (now: number): void => {
    for (const address of watched) start(address, now);
    nextRound = now + config.pingIntervalMs;
  };

  return {
    watch: (address, now) => {
      watched.add(address);
      nextRound = Math.min(nextRound, now + config.pingIntervalMs);
      context.wakeBy(nextRound);
      start(address, now);
    },
    unwatch: (address) => {
      watched.delete(address);
      if (watched.size === 0) nextRound = Number.POSITIVE_INFINITY;
    },
    start,
    isUnderWay: (address) => experiments.has(address),
    handlePing: (from, nonce, own) => send(context, from, { kind: 'pong', nonce, place: own }),
    handlePong: (from, { nonce, place }, now) => {
      const experiment = experiments.get(from);
      if (experiment === undefined || experiment.nonce !== nonce) return;
      experiment.rttsMs.push(now - experiment.sentAt);
      if (experiment.rttsMs.length < config.pingCount) return sendPing(experiment, now);
      experiments.delete(from);
      facts.onMeasured(from, { rttMs: average(experiment.rttsMs), coordinates: place }, now);
    },
    onUnreachable: (address) => {
      experiments.delete(address);
    },
    tick: (now) => {
      for (const [address, { until }] of [...experiments]) {
        if (until > now) continue;
        experiments.delete(address);
        facts.onFailed(address, now);
      }
      if (nextRound <= now) startRound(now);
    },
    deadline() {
      let earliest = nextRound;
      for (const { until } of experiments.values()) earliest = Math.min(earliest, until);
      return earliest;
    },
  };
}
