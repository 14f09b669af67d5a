/**
 * Bottlenecks: a path that carries fewer ADUs than a source publishes. The others wait at the
 * sender, which learns when its backlog is long and when it is empty, as overlay/ reports it.
 */
import { pairOf } from './lanes.js';
import type { SimulatedScx } from './simulated-scx.js';

/** A path from a parent to a child. */
export interface Path {
  readonly from: SimulatedScx;
  readonly to: SimulatedScx;
  readonly channel: number;
}

export interface BottleneckOptions {
  now(): number;
  at(instant: number, action: () => void): void;
  /** The sender learns that its backlog is long, or empty again. */
  report(kind: 'congested' | 'drained', path: Path): void;
}

export interface Bottlenecks {
  /** From now on the path carries one ADU each `aduMs` ms; 0: it is no longer a bottleneck. */
  set(from: SimulatedScx, to: SimulatedScx, aduMs: number): void;
  has(from: SimulatedScx, to: SimulatedScx): boolean;
  /** Sends an ADU as soon as the path is free: at once where there is no bottleneck. */
  pass(path: Path, send: () => void): void;
}

interface Bottleneck {
  readonly aduMs: number;
  /** When everything that waits will have left, ms. */
  freeAt: number;
  isCongested: boolean;
}

/** A sender is congested when this number of ADUs waits. In overlay/ the limit counts bytes. */
const BACKLOG_MAX = 150;

/** Creates a set without bottlenecks. */
export function createBottlenecks({ now, at, report }: BottleneckOptions): Bottlenecks {
  const byPair = new Map<number, Bottleneck>();

  const watchBacklog = (bottleneck: Bottleneck, path: Path): void => {
    if (bottleneck.isCongested) return;
    if (bottleneck.freeAt - now() < BACKLOG_MAX * bottleneck.aduMs) return;
    const become = (kind: 'congested' | 'drained'): void => {
      bottleneck.isCongested = kind === 'congested';
      report(kind, path);
    };
    at(now(), () => become('congested'));
    at(bottleneck.freeAt, () => become('drained'));
    bottleneck.isCongested = true;
  };

  return {
    set: (from, to, aduMs) => {
      byPair.delete(pairOf(from, to));
      if (aduMs > 0) byPair.set(pairOf(from, to), { aduMs, freeAt: 0, isCongested: false });
    },
    // Asked for every ADU: the map is almost always empty.
    has: (from, to) => byPair.size > 0 && byPair.has(pairOf(from, to)),
    pass: (path, send) => {
      const bottleneck = byPair.get(pairOf(path.from, path.to));
      if (bottleneck === undefined) return send();
      bottleneck.freeAt = Math.max(bottleneck.freeAt, now()) + bottleneck.aduMs;
      at(bottleneck.freeAt, send);
      watchBacklog(bottleneck, path);
    },
  };
}
