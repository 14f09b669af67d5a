/**
 * "A ping experiment consists of a small sequence of time-stamped packets ... The sender uses the
 * average time difference between sending the packets and receiving the responses" (§3.7).
 *
 * The next ping leaves when the last is answered, so an experiment is never more than one packet
 * deep. Whoever is measured has been spoken to before, so no ping pays for opening a connection.
 */
import { type ClockedContext, send } from '../core/context.js';
import type { Address, Place } from '../core/node.js';

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
  handlePing(from: Address, nonce: number, place: Place): void;
  handlePong(from: Address, nonce: number, place: Place, now: number): void;
  /** Ends the experiment: nobody is there. */
  onUnreachable(address: Address): void;
  tick(now: number): void;
  readonly deadline: number;
}

/** What an experiment found: the average RTT, ms, and where the other lies. */
export interface Measured {
  readonly rttMs: number;
  readonly place: Place;
}

/** `onMeasured` hears the result of a finished experiment; undefined if it failed. */
export function createPings(
  context: ClockedContext,
  onMeasured: (address: Address, measured: Measured | undefined, now: number) => void,
): Pings {
  const { config } = context;
  /** Bounded: one for each neighbour and candidate, each ended by its timeout. */
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

  const finish = (experiment: Experiment, measured: Measured | undefined, now: number): void => {
    experiments.delete(experiment.address);
    onMeasured(experiment.address, measured, now);
  };

  const average = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;

  const start = (address: Address, now: number): void => {
    if (experiments.has(address)) return;
    const until = now + config.answerTimeoutMs;
    const experiment = { address, rttsMs: [], nonce: 0, sentAt: now, until };
    experiments.set(address, experiment);
    context.wakeBy(until);
    sendPing(experiment, now);
  };

  const round = (now: number): void => {
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
    handlePing: (from, nonce, place) => send(context, from, { kind: 'pong', nonce, place }),
    handlePong: (from, nonce, place, now) => {
      const experiment = experiments.get(from);
      if (experiment === undefined || experiment.nonce !== nonce) return;
      experiment.rttsMs.push(now - experiment.sentAt);
      if (experiment.rttsMs.length < config.pingCount) sendPing(experiment, now);
      else finish(experiment, { rttMs: average(experiment.rttsMs), place }, now);
    },
    onUnreachable: (address) => {
      experiments.delete(address);
    },
    tick: (now) => {
      for (const experiment of [...experiments.values()]) {
        if (experiment.until <= now) finish(experiment, undefined, now);
      }
      if (nextRound <= now) round(now);
    },
    get deadline() {
      let earliest = nextRound;
      for (const { until } of experiments.values()) earliest = Math.min(earliest, until);
      return earliest;
    },
  };
}
