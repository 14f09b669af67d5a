/** What a drill is: something bad that is done to a scene, and what listeners may notice of it. */
import type { Ear, Heard } from './ear.js';
import type { Scene } from './scene.js';

/** What must show does, or only too late (on a busy machine that may be its fault), or does not. */
export type Verdict = 'yes' | 'late' | 'NO' | 'not tried';

export interface Finding {
  readonly seen: string;
  readonly held: Verdict;
}

export const NOBODY: Finding = { seen: 'no SCX but the source has children', held: 'not tried' };

export const verdict = (isRight: boolean, isInTime: boolean): Verdict =>
  isRight ? (isInTime ? 'yes' : 'late') : 'NO';

/** How much of it. */
export interface Measure {
  /** How often, at most. */
  readonly times: number;
  /** How long a cut lasts. */
  readonly seconds: number;
}

export interface Drill {
  readonly mustShow: string;
  /** Whether links must be changed: then it needs a network that can. */
  readonly needsLinks: boolean;
  /** The scene is well before it. */
  run(scene: Scene, measure: Measure): Promise<Finding>;
}

/** What several ears have heard together. */
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

/** What was heard since they were marked. */
export const lossesOf = (ears: readonly Ear[]): Losses => together(ears.map((ear) => ear.heard()));

/** Every frame came, once, and no socket was closed. */
export const isWhole = ({ missing, repeated, foreign, closed }: Losses): boolean =>
  missing + repeated + foreign + closed === 0;

export const told = ({ missing, repeated, foreign, closed, stallMs }: Losses): string =>
  `${missing} frames missed, ${repeated} repeated, ${foreign} bytes foreign, ` +
  `${closed} sockets closed, longest stall ${stallMs.toFixed()} ms`;

/** Progress, for whoever waits. */
export const tell = (line: string): void => void process.stderr.write(`${line}\n`);
