/**
 * Figure 9: how good the trees are at the end (§5.3). It is a histogram of the final cost ratios of
 * all trees of all draws, with the centre and the range that the paper's text gives.
 */
import type { ExperimentReport } from '../experiment/experiment.js';
import { statisticsOf } from '../metrics/statistics.js';
import type { Series } from './presentation/chart.js';
import type { Figure } from './presentation/figure.js';
import { compared, fixed, plural } from './presentation/words.js';
import { mainSession, PROFILE_NAMES } from './sessions/session.js';

const SOURCES = 5;

/** "a cost ratio between ± 0.05 of the corresponding x-axis value". */
const BIN = 0.1;

/** The ratios of all trees that reach every SCX. */
const ratiosOf = (reports: readonly ExperimentReport[]): number[] =>
  reports.flatMap(({ sources }) =>
    sources.flatMap(({ ratio, unreached }) => (unreached.length === 0 ? [ratio] : [])),
  );

/** The paper's text: the centre, and the range. */
const CENTRE = 1.65;
const RANGE = { from: 1.35, to: 2.35 };

/**
 * Bins begin at multiples of 0.1, so that one of them has the paper's centre. The rounding keeps a
 * ratio at the edge of a bin in that bin, where the division would give slightly less.
 */
const binOf = (ratio: number): number => Math.floor(Number((ratio / BIN).toFixed(6)));
const middleOf = (bin: number): number => Number((bin * BIN + BIN / 2).toFixed(2));

export const figure9: Figure = {
  id: 'figure-09',
  title: 'Distribution of the final cost ratio over many experiments',
  quote:
    'The distribution of the cost ratios is centered around 1.65 ... For a small number of ' +
    'experiments, the cost ratio was as low as 1.35 or as high as 2.35. (§5.3)',
  needs: (scope) => PROFILE_NAMES.map((profile) => mainSession(scope, profile, SOURCES)),
  draw: (reportsOf, scope) => {
    const profiles = PROFILE_NAMES.map((profile) => {
      const ratios = ratiosOf(reportsOf(mainSession(scope, profile, SOURCES)));
      return { profile, ratios, bins: ratios.map(binOf), statistics: statisticsOf(ratios) };
    });
    const all = profiles.flatMap(({ bins }) => bins);
    const first = Math.min(binOf(RANGE.from), ...all) - 1;
    const bins = Array.from(
      { length: Math.max(binOf(RANGE.to), ...all) - first + 2 },
      (_, index) => first + index,
    );
    const bars = profiles.map(({ profile, ratios, bins: own }) => {
      const points = bins.map((bin) => ({
        x: middleOf(bin),
        y: (100 * own.filter((other) => other === bin).length) / ratios.length,
      }));
      return { profile, points };
    });
    return {
      data: {
        columns: ['profile', 'cost_ratio_from', 'cost_ratio_to', 'trees_percent'],
        rows: bars.flatMap(({ profile, points }) =>
          points.map(({ x, y }) => [profile, x - BIN / 2, x + BIN / 2, y]),
        ),
      },
      chart: {
        x: { label: 'final cost ratio ± 0.05' },
        y: { label: 'trees, %', min: 0 },
        series: bars.map(({ profile, points }): Series => {
          return { name: `profile ${profile}`, tone: profile, kind: 'line', points };
        }),
        marks: [
          { axis: 'x', ...RANGE, label: '' },
          { axis: 'x', from: CENTRE, label: 'paper: centre (range shaded)' },
        ],
      },
      text: [
        `${plural(scope.manyDraws, 'experiment')} on ${scope.draws} topologies, with ${SOURCES} ` +
          'sources; the paper has 100 experiments on 25 topologies.',
        ...profiles.map(
          ({ profile, statistics: { mean, min, max, count } }) =>
            `Profile ${profile}: ${fixed(mean, 2)} on average, ${fixed(min, 2)} at least, ` +
            `${fixed(max, 2)} at most, over ${plural(count, 'tree')}; the mean is ` +
            `${compared(mean, CENTRE)} the paper's centre of ${CENTRE}.`,
        ),
        'The paper does not give the parameters of its topologies; the ratio depends on them.',
      ],
    };
  },
};
