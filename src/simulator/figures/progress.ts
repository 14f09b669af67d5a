/**
 * Figures 8 and 10: how the trees and the mesh change during a session (§5.3). Figure 8 shows the
 * cost ratio of each tree of one draw; figure 10 counts the edge changes of the mesh over all
 * draws.
 */
import { ratioOf, settledSince } from '../experiment/settling.js';
import { statisticsOf } from '../metrics/statistics.js';
import { finalRatio, over, settledSeconds } from './measures.js';
import type { Mark, Series } from './presentation/chart.js';
import type { Figure } from './presentation/figure.js';
import { fixed, plural, spread } from './presentation/words.js';
import { mainSession, PROFILE_NAMES } from './sessions/session.js';

const SOURCES = 5;

/** Above this ratios are cut off: while routes are missing they mean little. */
const RATIO_MAX = 4;

const STABLE: Mark = { axis: 'x', from: 300, label: 'paper: mostly stable' };

export const figure8: Figure = {
  id: 'figure-08',
  title: 'Cost ratio of each of five trees, over time',
  quote:
    'Over time, the cost ratio progressively decreases for each of the five distribution trees. ' +
    'Within about 300 seconds all of the cost ratios mostly stabilize to their final value. (§5.3)',
  needs: (scope) => PROFILE_NAMES.map((profile) => mainSession(scope, profile, SOURCES)),
  draw: (reportsOf, scope) => {
    const trees = PROFILE_NAMES.flatMap((profile) => {
      const [report] = reportsOf(mainSession(scope, profile, SOURCES));
      if (report === undefined) return [];
      const whole = report.samples.filter((sample) => ratioOf(sample) !== undefined);
      return report.sources.map(({ scx }, index) => {
        const points = whole.map(({ atMs, ratios }) => ({
          x: atMs / 1000,
          y: ratios[index] as number,
        }));
        return { profile, scx, points };
      });
    });
    const sentences = PROFILE_NAMES.map((profile) => {
      const reports = reportsOf(mainSession(scope, profile, SOURCES));
      const settled = over(reports, settledSeconds);
      const first = settledSince(reports[0]?.samples ?? []);
      return (
        `Profile ${profile}: in this draw the mean ratio stays within 5% of its final value from ` +
        `${fixed(first === undefined ? undefined : first / 1000, 0)} s on ` +
        `(${spread(settled, 0)} s over ${plural(settled.count, 'draw')}); ` +
        `the final mean is ${fixed(reports[0] && finalRatio(reports[0]), 2)}.`
      );
    });
    return {
      data: {
        columns: ['profile', 'source_scx', 'time_s', 'cost_ratio'],
        rows: trees.flatMap(({ profile, scx, points }) =>
          points.map(({ x, y }) => [profile, scx, x, y]),
        ),
      },
      chart: {
        x: { label: 'time, s', min: 0 },
        y: { label: 'cost ratio C / C_star', min: 1, max: RATIO_MAX },
        series: trees.map(({ profile, points }): Series => {
          return { name: `profile ${profile}`, tone: profile, kind: 'line', points };
        }),
        marks: [STABLE],
      },
      text: [
        'The first draw: one line for each source. A line begins when every SCX has routes to all ' +
          `sources; ratios above ${RATIO_MAX} are cut off.`,
        ...sentences,
      ],
    };
  },
};

export const figure10: Figure = {
  id: 'figure-10',
  title: 'Edge changes for each node, counted from the beginning',
  quote:
    'Each edge that is added to or removed from the mesh is counted as two changes, one for each ' +
    'node in the edge. We notice that most of the changes to the mesh topology occur in the ' +
    'initial stages of the experiment. Within about 300 seconds, the mesh stabilizes to almost ' +
    'its final structure. (§5.3)',
  needs: figure8.needs,
  draw: (reportsOf, scope) => {
    const lines = PROFILE_NAMES.map((profile) => {
      const reports = reportsOf(mainSession(scope, profile, SOURCES));
      const longest = reports.toSorted((a, b) => b.samples.length - a.samples.length)[0];
      const instants = longest?.samples.map(({ atMs }) => atMs) ?? [];
      const points = instants.map((atMs, index) => {
        // A run that has ended keeps what it had.
        const changes = reports.map(({ samples }) =>
          Number((samples[index] ?? samples.at(-1))?.edgeChangesPerScx ?? 0),
        );
        return { x: atMs / 1000, y: statisticsOf(changes).mean };
      });
      return { profile, points, quiet: reports.filter((r) => r.stableSinceMs !== null).length };
    });
    return {
      data: {
        columns: ['profile', 'time_s', 'edge_changes_per_scx'],
        rows: lines.flatMap(({ profile, points }) => points.map(({ x, y }) => [profile, x, y])),
      },
      chart: {
        x: { label: 'time, s', min: 0 },
        y: { label: 'edge changes per SCX so far', min: 0 },
        series: lines.map(({ profile, points }): Series => {
          return { name: `profile ${profile}`, tone: profile, kind: 'line', points };
        }),
        marks: [{ ...STABLE, label: 'paper: almost final' }],
      },
      text: lines.map(({ profile, points, quiet }) => {
        const end = points.at(-1);
        const half = points.find(({ y }) => y >= (end?.y ?? 0) / 2);
        return (
          `Profile ${profile}: ${fixed(end?.y, 1)} changes for each SCX in ${fixed(end?.x, 0)} s, ` +
          `half of them in the first ${fixed(half?.x, 0)} s (mean over ` +
          `${plural(scope.manyDraws, 'draw')}). The mesh was unchanged for 100 s, the paper's ` +
          `rule for the end of an experiment, in ${quiet} of them.`
        );
      }),
    };
  },
};
