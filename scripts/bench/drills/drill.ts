/**
 * The form of a drill: a fault is injected into a scene, and what its listeners notice is held
 * against what they may notice. Losses decide (yes or NO); lateness alone is told apart, because a
 * busy machine can be its reason.
 */
import type { FrameListener, Heard } from './frame-listener.js';
import type { Scene } from './scene.js';

/** The claim holds; holds, but too late; or does not hold. */
export type Verdict = 'yes' | 'late' | 'NO' | 'not tried';

export interface Finding {
  readonly seen: string;
  readonly held: Verdict;
}

export const NOBODY: Finding = { seen: 'no SCX but the source has children', held: 'not tried' };

export const verdict = (isRight: boolean, isInTime: boolean): Verdict =>
  isRight ? (isInTime ? 'yes' : 'late') : 'NO';

/** The size of a drill. */
export interface Measure {
  /** Repetitions, at most. */
  readonly times: number;
  /** Duration of a cut, s. */
  readonly seconds: number;
}

export interface Drill {
  readonly mustShow: string;
  /** Whether it needs a network whose links can be changed. */
  readonly needsLinks: boolean;
  /** Called when the scene has settled. */
  run(scene: Scene, measure: Measure): Promise<Finding>;
}

/** What several listeners have missed together. */
export type Losses = Omit<Heard, 'frames' | 'last' | 'lastAt'>;

const NO_LOSSES: Losses = { missing: 0, repeated: 0, foreign: 0, closed: 0, stallMs: 0 };

/** Sums, and the longest stall. */
export const together = (some: readonly Losses[]): Losses =>
  some.reduce(
    (sum, one) => ({
      missing: sum.missing + one.missing,
      repeated: sum.repeated + one.repeated,
      foreign: sum.foreign + one.foreign,
      closed: sum.closed + one.closed,
      stallMs: Math.max(sum.stallMs, one.stallMs),
    }),
    NO_LOSSES,
  );

/** Since they were marked. */
export const lossesOf = (listeners: readonly FrameListener[]): Losses =>
  together(listeners.map((listener) => listener.heard()));

/** Every frame came once, and no socket was closed. */
export const isWhole = ({ missing, repeated, foreign, closed }: Losses): boolean =>
  missing + repeated + foreign + closed === 0;

export const told = ({ missing, repeated, foreign, closed, stallMs }: Losses): string =>
  `${missing} frames missed, ${repeated} repeated, ${foreign} bytes foreign, ` +
  `${closed} sockets closed, longest stall ${stallMs.toFixed()} ms`;

/** Progress, on stderr. */
export const tell = (line: string): void => void process.stderr.write(`${line}\n`);
