/**
 * Figures 12, 13 and 15, and beyond: how a measure changes as sessions grow (§5.4): "we compute
 * each data point by running 25 independent simulations and computing the average and the 95%
 * confidence interval."
 */

import { type Measure, over, pointOf } from './measures.js';
import type { Chart, Series, Tone } from './presentation/chart.js';
import type { Drawing, Figure } from './presentation/figure.js';
import { capital, fixed, plural, spread } from './presentation/words.js';
import {
  mainSession,
  PROFILE_NAMES,
  type Profile,
  type Reports,
  type Scope,
  type Session,
  sessionOf,
} from './sessions/session.js';

/** The most SCXs for which a graph of 1000 nodes is used. */
const SMALL_MAX = 900;

const sizedSession = (scope: Scope, profile: Profile, scxs: number): Session => {
  if (scxs === scope.scxs) return mainSession(scope, profile, 1);
  if (scxs <= SMALL_MAX) return sessionOf(scope, profile, { scxs });
  return sessionOf(scope, profile, { scxs, topology: 'ts10000n', draws: 1 });
};

/** A measure of one profile, and how its line is drawn. */
export interface Line {
  readonly name: string;
  readonly tone: Tone;
  readonly profile: Profile;
  readonly measure: Measure;
}

/** A line for each profile. */
export const bothProfiles = (measure: Measure): Line[] =>
  PROFILE_NAMES.map((profile) => ({
    ...{ name: `profile ${profile}`, tone: profile },
    ...{ profile, measure },
  }));

export interface BySize {
  readonly lines: readonly Line[];
  /** Column of the data, with its unit. */
  readonly column: string;
  readonly label: string;
  /** Where the axis begins; default: near the smallest value. */
  readonly min?: number;
  readonly digits: number;
  readonly published?: Pick<Series, 'points'>;
  readonly marks?: Chart['marks'];
  readonly text?: (reports: Reports, scope: Scope) => readonly string[];
}

const sizesOf = (scope: Scope, profile: Profile): readonly number[] =>
  profile === 'fast' ? [...scope.sizes, ...scope.largeSizes] : scope.sizes;

/** All sessions of the scaling figures, which share them. */
const sizedSessions = (scope: Scope): Session[] =>
  PROFILE_NAMES.flatMap((profile) =>
    sizesOf(scope, profile).map((scxs) => sizedSession(scope, profile, scxs)),
  );

function drawBySize(by: BySize, reportsOf: Reports, scope: Scope): Drawing {
  const lines = by.lines.map((line) => {
    const sizes = sizesOf(scope, line.profile).map((scxs) => {
      const reports = reportsOf(sizedSession(scope, line.profile, scxs));
      return { scxs, draws: reports.length, statistics: over(reports, line.measure) };
    });
    return { ...line, sizes };
  });
  const sentenceOf = ({ name, sizes }: (typeof lines)[number]): string => {
    const values = sizes.map(({ scxs, draws, statistics }) => {
      const known = statistics.count < draws ? ` in ${statistics.count} of ${draws} draws` : '';
      return `${spread(statistics, by.digits)} at ${scxs}${known}`;
    });
    return `${capital(name)}: ${values.join(', ')} SCXs.`;
  };
  const published = by.published && {
    ...{ name: "the paper's text", tone: 'published' as const, kind: 'scatter' as const },
    points: by.published.points,
  };
  return {
    data: {
      columns: ['line', 'scxs', by.column, 'confidence_95', 'draws_known', 'draws'],
      rows: lines.flatMap(({ name, sizes }) =>
        sizes.map(({ scxs, draws, statistics: { mean, confidence, count } }) => [
          ...[name, scxs, mean, confidence],
          ...[count, draws],
        ]),
      ),
    },
    chart: {
      x: { label: 'SCXs in the session', ...(scope.largeSizes.length > 0 && { kind: 'log' }) },
      y: { label: by.label, ...(by.min !== undefined && { min: by.min }) },
      series: [
        ...lines.map(({ name, tone, sizes }): Series => {
          const points = sizes.flatMap(({ scxs, statistics }) => pointOf(scxs, statistics));
          return { name, tone, kind: 'line', points };
        }),
        ...(published ? [published] : []),
      ],
      ...(by.marks && { marks: by.marks }),
    },
    text: [
      `Mean and 95% confidence interval over ${plural(scope.draws, 'draw')}; one source.`,
      ...lines.map(sentenceOf),
      ...(by.text?.(reportsOf, scope) ?? []),
    ],
  };
}

/** A figure of measures by the size of a session. */
export const figureBySize = (
  about: Pick<Figure, 'id' | 'title' | 'quote'>,
  by: BySize,
): Figure => ({
  ...about,
  needs: sizedSessions,
  draw: (reports, scope) => drawBySize(by, reports, scope),
});

/** How a measure grows from the smallest to the largest size of the paper's range. */
export function growthText(
  measure: Measure,
  what: string,
  digits: number,
): NonNullable<BySize['text']> {
  return (reportsOf, scope) => {
    const [least, most] = [Math.min(...scope.sizes), Math.max(...scope.sizes)];
    return PROFILE_NAMES.map((profile) => {
      const at = (scxs: number): number =>
        over(reportsOf(sizedSession(scope, profile, scxs)), measure).mean;
      const factor = fixed(at(most) / at(least), digits);
      return (
        `From ${least} to ${most} SCXs ${what} changes by a factor of ${factor} ` +
        `with profile ${profile}.`
      );
    });
  };
}
