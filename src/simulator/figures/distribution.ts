/** Figure 9: how good the trees are in the end (§5.3). */
import type { ExperimentReport } from '../experiment.js';
import { statisticsOf } from '../metrics/statistics.js';
import type { Series } from './chart.js';
import type { Figure } from './figure.js';
import { mainSession, PROFILE_NAMES } from './session.js';
import { fixed, plural } from './words.js';

const SOURCES = 5;

/** "a cost ratio between ± 0.05 of the corresponding x-axis value". */
const BIN = 0.1;

/** The ratios of all trees that reach every SCX. */
const ratiosOf = (reports: readonly ExperimentReport[]): number[] =>
  reports.flatMap(({ sources }) =>
    sources.flatMap(({ ratio, unreached }) => (unreached.length === 0 ? [ratio] : [])),
  );

/** Whole bins: the middle of each is a multiple of 0.1 and 0.05. */
const binOf = (ratio: number): number => Math.round((ratio - BIN / 2) / BIN);
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
    const first = Math.min(binOf(1.35), ...all);
    const bins = Array.from(
      { length: Math.max(binOf(2.35), ...all) - first + 1 },
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
          { axis: 'x', from: 1.35, to: 2.35, label: '' },
          { axis: 'x', from: 1.65, label: 'paper: centre (range shaded)' },
        ],
      },
      text: [
        `${plural(scope.draws, 'experiment')}, each on a topology of its own and with ` +
          `${SOURCES} sources; the paper has 100 experiments on 25 topologies.`,
        ...profiles.map(
          ({ profile, statistics: { mean, min, max, count } }) =>
            `Profile ${profile}: ${fixed(mean, 2)} in the mean, ${fixed(min, 2)} at least, ` +
            `${fixed(max, 2)} at most, over ${plural(count, 'tree')}.`,
        ),
        'The paper does not tell the parameters of its topologies; the ratio depends on them.',
      ],
    };
  },
};
