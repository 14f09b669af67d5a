/**
 * Figure 4 of the paper (§3.6) does not say which neighbours may make room for a new one. This figure
 * draws its readings (config.ts, Figure4Reading) beside each other, and profile paper with routing
 * updates that are triggered by changes.
 */
import { type GossamerConfig, PAPER } from '../../gossamer/core/config.js';
import { finalRatio, type Measure, over, quietSeconds, settledSeconds } from './measures.js';
import type { Figure } from './presentation/figure.js';
import { plural, spread } from './presentation/words.js';
import { ratioChart } from './ratio-chart.js';
import { mainSession, type Scope, type Session, sessionOf } from './sessions/session.js';

const READINGS: readonly (readonly [name: string, overrides: Partial<GossamerConfig>])[] = [
  ['own: Λ is the added edges and X_j', { figure4: 'own' }],
  ['added: Y is an added edge', { figure4: 'added' }],
  ['any: Y is any neighbour', { figure4: 'any' }],
  ['triggered updates', { triggersUpdates: true }],
];

const isDefault = (overrides: Partial<GossamerConfig>): boolean =>
  Object.entries(overrides).every(([key, value]) => PAPER[key as keyof GossamerConfig] === value);

const sessionFor = (scope: Scope, [named, overrides]: (typeof READINGS)[number]): Session =>
  isDefault(overrides)
    ? mainSession(scope, 'paper', 1)
    : sessionOf(scope, 'paper', { named, overrides });

const worstStress: Measure = ({ sources }) => {
  const worst = sources.flatMap(({ stress }) => stress?.tree.worst ?? []);
  return worst.length === 0 ? undefined : Math.max(...worst);
};

const MEASURES = [
  ['cost_ratio', finalRatio],
  ['settled_s', settledSeconds],
  ['quiet_s', quietSeconds],
  ['edge_changes_per_scx', ({ edgeChangesPerScx }) => edgeChangesPerScx],
  ['worst_link_copies', worstStress],
] as const satisfies readonly (readonly [string, Measure])[];

export const readingsFigure: Figure = {
  id: 'paper-readings',
  title: 'Readings of figure 4 of the paper',
  quote:
    'Let Λ = (set of neighbors of X_i) ∪ X_j ... Let Y (∈ Λ) = node with maximum C.F. (figure 4). ' +
    'The experiment ends when there are no changes to the mesh structure for at least 100 seconds. ' +
    '(§5.1)',
  needs: (scope) => READINGS.map((reading) => sessionFor(scope, reading)),
  draw: (reportsOf, scope) => {
    const results = READINGS.map((reading) => {
      const reports = reportsOf(sessionFor(scope, reading));
      return {
        name: reading[0],
        draws: reports.length,
        ratio: over(reports, finalRatio),
        quiet: over(reports, quietSeconds),
        values: MEASURES.map(([, measure]) => over(reports, measure).mean),
      };
    });
    const data = {
      columns: ['reading', 'draws', 'quiet_draws', ...MEASURES.map(([column]) => column)],
      rows: results.map(({ name, draws, quiet, values }) => [name, draws, quiet.count, ...values]),
    };
    return {
      data,
      chart: {
        ...ratioChart(results, 'paper'),
        marks: [{ axis: 'x', from: 1.65, label: 'paper: centre of figure 9' }],
      },
      text: [
        `${plural(scope.draws, 'draw')} with one source, the same for each line.`,
        ...results.map(
          ({ name, draws, ratio, quiet }) =>
            `${name}: ratio ${spread(ratio, 2)}; the mesh is unchanged for 100 s in ${quiet.count} of ` +
            `${draws} draws${quiet.count > 0 ? `, from ${spread(quiet, 0)} s on` : ''}.`,
        ),
      ],
      table: data,
    };
  },
};
