/**
 * Holes of a recording, and what of another cluster's recording belongs into one. The frames of a source have
 * the same numbers everywhere, and segments are cut at the same ones, so what is missing begins behind the
 * stretch before the hole and ends at that after it. Only where the other cluster has neither of them the
 * clocks decide.
 */
import { playedAfter, type Stretch } from '../../api/recordings/recording-files.js';

/** Something between two stretches is missing. */
export interface Hole {
  /** Undefined: whatever was played before all that is kept. */
  readonly after: Stretch | undefined;
  readonly before: Stretch;
  /** Older sound need not be kept, ms since 1970. */
  readonly from: number;
}

/** Pauses between sources are no holes, ms. Guess. */
const PAUSE_MS = 1500;
/** By how much clocks, and the ways of the sound, may differ, ms. */
export const CLOCKS_MS = 15_000;

const endOf = ({ first, count }: Stretch): number => first + count;
const endedAt = ({ at, durationMs }: Stretch): number => at + durationMs;

/** The hole between two stretches; undefined: there is none. */
export function holeBetween(after: Stretch, before: Stretch): Hole | undefined {
  const from = endedAt(after);
  const isSame = after.source === before.source && before.first >= endOf(after);
  const isHole = isSame ? before.first > endOf(after) : before.at - from > PAUSE_MS;
  return isHole ? { after, before, from } : undefined;
}

/** What is missing before a recording that is to reach back to an instant. */
export function holeBefore(first: Stretch | undefined, from: number): Hole | undefined {
  if (first === undefined || first.at - from <= PAUSE_MS) return undefined;
  return { after: undefined, before: first, from };
}

/** The index from which on the others belong behind the hole; undefined: it has none of these. */
function endIn(others: readonly Stretch[], { before }: Hole): number | undefined {
  const index = others.findIndex(
    (one) => one.source === before.source && endOf(one) > before.first,
  );
  return index < 0 ? undefined : index;
}

const isWithin = ({ from, before }: Hole, slackMs: number, { at, durationMs }: Stretch): boolean =>
  at >= from - slackMs && at + durationMs <= before.at + slackMs;

/** By how much the other cluster's clock is late against ours, ms; undefined: that is not known. */
function lateness({ after, before }: Hole, others: readonly Stretch[]): number | undefined {
  for (const own of [before, after]) {
    const same = others.find(({ source, first }) => source === own?.source && first === own.first);
    if (own !== undefined && same !== undefined) return same.at - own.at;
  }
  return undefined;
}

/** Instants between those of the two stretches, each later than the one before it. */
function timed({ after, before }: Hole, missing: readonly Stretch[]): readonly Stretch[] {
  let earliest = (after?.at ?? 0) + 1;
  const risen = missing.map((one) => {
    const at = Math.max(earliest, Math.round(one.at));
    earliest = at + 1;
    return { ...one, at };
  });
  let latest = before.at - 1;
  const fallen = risen.toReversed().map((one) => {
    const at = Math.min(latest, one.at);
    latest = at - 1;
    return { ...one, at };
  });
  return fallen.toReversed().filter(({ at }) => at > (after?.at ?? 0));
}

/**
 * What of the others belongs into the hole, in order, with the instants that it has here; those it had there
 * are in `toldAt`.
 */
export function missingIn(
  hole: Hole,
  others: readonly Stretch[],
): readonly (Stretch & { readonly toldAt: number })[] {
  const whole = others.filter(({ isMended }) => isMended !== true);
  const late = lateness(hole, whole);
  const slackMs = late === undefined ? 0 : CLOCKS_MS;
  let soundMs = hole.before.at - hole.from + CLOCKS_MS;
  const missing = playedAfter(whole.slice(0, endIn(whole, hole)), hole.after)
    .map((one) => ({ ...one, toldAt: one.at, at: one.at - (late ?? 0) }))
    .filter((one) => isWithin(hole, slackMs, one))
    .filter((one) => {
      soundMs -= one.durationMs;
      return soundMs >= 0;
    });
  return timed(hole, missing) as typeof missing;
}
