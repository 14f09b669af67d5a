/**
 * A source SCX, a relay below it and a leaf below that, on a channel whose ADUs travel as datagrams
 * and may be lost. Each is the production's distribution rule; the links take 10 ms each way.
 */
import { FAST, type GossamerConfig } from '../../src/gossamer/core/config.js';
import type { Effect } from '../../src/gossamer/core/effects.js';
import type { DataMessage } from '../../src/gossamer/core/message.js';
import type { Adu, NodeId } from '../../src/gossamer/core/node.js';
import {
  createDistribution,
  type Distribution,
} from '../../src/gossamer/distribution/distribution.js';
import type { TableEntry } from '../../src/gossamer/routing/routing-table.js';
import { createEventQueue } from '../../src/lib/event-queue.js';
import { aduOf, createBench, memberOf, nodeId, sourceOf } from '../gossamer/support.js';

const CONFIG: GossamerConfig = { ...FAST, channels: [1], lossyChannels: [1] };
const DELAY_MS = 10;
const ADU_MS = 26;

/** A data message that was sent, by the numbers of the SCXs. */
interface Sent {
  readonly from: number;
  readonly to: number;
  readonly kind: DataMessage['kind'];
}

const numberOf = (id: NodeId): number => Number.parseInt(id, 16);

/** SCX 1 has the source, 2 is its child, and 3 is the child of 2. `isLost`: an ADU that is dropped. */
export function createLossyChain(isLost: (from: number, adu: Adu) => boolean) {
  const queue = createEventQueue<() => void>();
  const sent: Sent[] = [];
  const delivered = new Map<number, number[]>([1, 2, 3].map((number) => [number, []]));
  const lost: number[] = [];
  let clock = 0;
  const scxs = new Map<number, { distribution: Distribution; take: () => Effect[] }>();

  const perform = (number: number, effect: Effect): void => {
    if (effect.kind === 'deliver') delivered.get(number)?.push(effect.adu.sequence);
    if (effect.kind === 'forward') {
      if (isLost(number, effect.adu)) lost.push(effect.adu.sequence);
      else later(numberOf(effect.to), (to) => to.handleAdu(nodeId(number), effect.adu, clock));
    }
    if (effect.kind === 'sendData') {
      const { body } = effect.message;
      sent.push({ from: number, to: numberOf(effect.to.id), kind: body.kind });
      later(numberOf(effect.to.id), (to) => to.handleData(memberOf(number), body, clock));
    }
  };

  const run = (number: number, act: (distribution: Distribution) => void): void => {
    const scx = scxs.get(number);
    if (scx === undefined) return;
    act(scx.distribution);
    for (const effect of scx.take()) perform(number, effect);
  };

  const later = (number: number, act: (distribution: Distribution) => void): void =>
    queue.push(clock + DELAY_MS, () => run(number, act));

  for (const number of [1, 2, 3]) {
    const bench = createBench(CONFIG, memberOf(number));
    const distribution = createDistribution(bench.context, {
      neighbour: (id) => memberOf(numberOf(id)),
      reserve: () => undefined,
      onUnserved: () => {},
      onSlowParent: () => {},
      onBroken: () => {},
    });
    scxs.set(number, { distribution, take: bench.take });
    const path = Array.from({ length: number }, (_, hop) => nodeId(number - hop));
    const route = { scx: nodeId(1), stamp: 1, costMs: 0, path, sources: [sourceOf(1)] };
    const entry: TableEntry = { route, nextHop: number === 1 ? undefined : nodeId(number - 1) };
    queue.push(0, () => run(number, (one) => one.onTable(new Map([[nodeId(1), entry]]), 0)));
  }

  /** Runs the timers of all SCXs and the queue up to an instant. */
  const runUntil = (instant: number): void => {
    for (;;) {
      const deadlines = [...scxs.values()].map(({ distribution }) => distribution.deadline());
      const next = Math.min(queue.next(), ...deadlines);
      if (next > instant) break;
      clock = Math.max(clock, next);
      if (queue.next() <= clock) queue.pop()?.();
      for (const number of scxs.keys()) {
        run(number, (one) => {
          if (one.deadline() <= clock) one.tick(clock);
        });
      }
    }
    clock = instant;
  };

  /** Publishes ADUs at the source, one each 26 ms, and lets three seconds pass. */
  const play = (count: number): void => {
    runUntil(1000);
    for (let sequence = 0; sequence < count; sequence++) {
      const adu = aduOf(sequence, { timestampMs: clock });
      run(1, (one) => one.publish(adu, clock));
      runUntil(clock + ADU_MS);
    }
    runUntil(clock + 3000);
  };
  return { play, sent, lost, delivered };
}
