/**
 * The probes that are under way (§3.6): "A node X_i probes another node X_j using a REQUEST_STATUS
 * message. The STATUS response from X_j contains a copy of the current routing table of X_j and a
 * CAN_ACCEPT flag."
 *
 * A probe has two steps: REQUEST_STATUS, and, if the STATUS is of interest, a ping experiment
 * (§3.7) for the distance. Each probe ends by its timeout at the latest; the optimiser bounds their
 * number.
 */
import { type ClockedContext, send } from '../core/context.js';
import type { Route } from '../core/message.js';
import type { Address, Member } from '../core/node.js';

interface Probe {
  readonly member: Member;
  readonly until: number;
}

/** A probe whose STATUS has come and whose distance is being measured. */
interface MeasuringProbe extends Probe {
  /** X_j's routes. */
  readonly routes: readonly Route[];
}

export interface Probes {
  size(): number;
  isUnderWay(address: Address): boolean;
  start(member: Member, now: number): void;
  /** Removes and returns the probe that waits for a STATUS from there. */
  takeWaiting(address: Address): Probe | undefined;
  /** The probe goes on: its distance is measured. */
  measure(probe: MeasuringProbe): void;
  /** Removes and returns the probe whose distance is measured there. */
  takeMeasuring(address: Address): MeasuringProbe | undefined;
  forget(address: Address): void;
  expire(now: number): void;
  /** When the next probe expires; Infinity if none is under way. */
  deadline(): number;
}

function take<Item>(items: Map<Address, Item>, address: Address): Item | undefined {
  const item = items.get(address);
  items.delete(address);
  return item;
}

/** Creates probes, with none under way. */
export function createProbes(context: ClockedContext): Probes {
  const waiting = new Map<Address, Probe>();
  const measuring = new Map<Address, MeasuringProbe>();
  return {
    size() {
      return waiting.size + measuring.size;
    },
    isUnderWay: (address) => waiting.has(address) || measuring.has(address),
    start: (member, now) => {
      const until = now + 2 * context.config.answerTimeoutMs;
      waiting.set(member.address, { member, until });
      context.wakeBy(until);
      send(context, member.address, { kind: 'requestStatus' });
    },
    takeWaiting: (address) => take(waiting, address),
    measure: (probe) => void measuring.set(probe.member.address, probe),
    takeMeasuring: (address) => take(measuring, address),
    forget: (address) => {
      waiting.delete(address);
      measuring.delete(address);
    },
    expire: (now) => {
      for (const probes of [waiting, measuring]) {
        for (const [address, { until }] of probes) if (until <= now) probes.delete(address);
      }
    },
    deadline() {
      let earliest = Number.POSITIVE_INFINITY;
      for (const { until } of waiting.values()) earliest = Math.min(earliest, until);
      for (const { until } of measuring.values()) earliest = Math.min(earliest, until);
      return earliest;
    },
  };
}
