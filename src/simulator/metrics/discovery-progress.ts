/**
 * Measures how fast SCXs discover each other (§5.2, figures 6 and 7): when each of them knows a
 * share of all others, including those that have yet to join. Where the profile limits how many
 * members an SCX keeps, the share is one of that limit.
 */

/** The shares of figure 6. */
const SHARES = [0.9, 1] as const;

/** How many others an SCX knows from an instant on. */
export interface Known {
  readonly atMs: number;
  readonly known: number;
}

export interface DiscoveryProgress {
  /** Records how many others an SCX knows at an instant, ms. */
  see(scx: number, known: number, now: number): void;
  /** Whether every SCX knows all others. */
  readonly isComplete: boolean;
  /** By SCX: when it first knew a share of the others, ms; undefined: not yet. */
  instantsMs(share: (typeof SHARES)[number]): readonly (number | undefined)[];
  /** What one SCX knew, an entry for each change. */
  readonly watched: readonly Known[];
}

/**
 * Creates the measurement; no SCX knows another yet.
 * @param knownMax the most others that an SCX keeps
 * @param watched the SCX whose every change is kept
 */
export function createDiscoveryProgress(
  scxs: number,
  knownMax = scxs,
  watched = 0,
): DiscoveryProgress {
  const knowable = Math.min(scxs - 1, knownMax);
  const blank = (): (number | undefined)[] => new Array<number | undefined>(scxs).fill(undefined);
  const instants = new Map(SHARES.map((share) => [share, blank()]));
  const story: Known[] = [];
  let complete = 0;
  return {
    watched: story,
    see: (scx, known, now) => {
      if (scx === watched && story.at(-1)?.known !== known) story.push({ atMs: now, known });
      for (const [share, list] of instants) {
        if (list[scx] !== undefined || known < share * knowable) continue;
        list[scx] = now;
        if (share === 1) complete++;
      }
    },
    get isComplete() {
      return complete === scxs;
    },
    instantsMs: (share) => instants.get(share) ?? [],
  };
}

/** The instant of the last SCX, ms; undefined when one of them has none. */
export function lastOf(instantsMs: readonly (number | undefined)[]): number | undefined {
  let last = 0;
  for (const instant of instantsMs) {
    if (instant === undefined) return undefined;
    last = Math.max(last, instant);
  }
  return last;
}
