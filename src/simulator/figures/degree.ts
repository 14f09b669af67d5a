/**
 * Figure 14: the cost ratio by the number of edges that an SCX may have (§5.4). More edges make
 * flatter trees, and cost more control traffic; the degree <3,4> of all other figures is one point
 * of it.
 */
import { finalRatio, over, pointOf } from './measures.js';
import type { Series } from './presentation/chart.js';
import type { Figure } from './presentation/figure.js';
import { compared, plural, spread } from './presentation/words.js';
import {
  mainSession,
  PROFILE_NAMES,
  PROFILES,
  type Profile,
  type Scope,
  type Session,
  sessionOf,
} from './sessions/session.js';

/** k1; k2 is one more, as in <3,4>. The text does not give the paper's own choice. */
const DEGREES = [2, 3, 4, 5, 7];

const nameOf = (added: number): string => `<${added},${added + 1}>`;

function sessionOfDegree(scope: Scope, profile: Profile, added: number): Session {
  if (added === PROFILES[profile].addedEdgesMax) return mainSession(scope, profile, 1);
  const overrides = { addedEdgesMax: added, acceptedEdgesMax: added + 1 };
  return sessionOf(scope, profile, { named: nameOf(added), overrides });
}

export const figure14: Figure = {
  id: 'figure-14',
  title: 'Cost ratio by node degree',
  quote:
    'As expected, the cost ratio decreases with increasing node degrees. As the node degree ' +
    'increases, the depth of the distribution trees decreases. (§5.4)',
  needs: (scope) =>
    PROFILE_NAMES.flatMap((profile) =>
      DEGREES.map((added) => sessionOfDegree(scope, profile, added)),
    ),
  draw: (reportsOf, scope) => {
    const lines = PROFILE_NAMES.map((profile) => {
      const values = DEGREES.map((added) => {
        const reports = reportsOf(sessionOfDegree(scope, profile, added));
        return { name: nameOf(added), statistics: over(reports, finalRatio) };
      });
      return { profile, values };
    });
    return {
      data: {
        columns: ['profile', 'degree', 'cost_ratio', 'confidence_95', 'draws_known'],
        rows: lines.flatMap(({ profile, values }) =>
          values.map(({ name, statistics: { mean, confidence, count } }) => [
            ...[profile, name, mean, confidence],
            count,
          ]),
        ),
      },
      chart: {
        x: { label: 'degree <k1,k2>', kind: 'category', categories: DEGREES.map(nameOf) },
        y: { label: 'cost ratio C / C_star' },
        series: [
          ...lines.map(({ profile, values }): Series => {
            const points = values.flatMap(({ name, statistics }) => pointOf(name, statistics));
            return { name: `profile ${profile}`, tone: profile, kind: 'line', points };
          }),
          {
            ...{ name: "the paper's text", tone: 'published', kind: 'scatter' },
            points: [{ x: nameOf(3), y: 1.65, label: 'paper, figure 9' }],
          },
        ],
      },
      text: [
        `Mean and 95% confidence interval over ${plural(scope.draws, 'draw')} at <3,4> and ` +
          `${scope.fewDraws} at other degrees; one source.`,
        ...lines.map(({ profile, values }) => {
          const [first, last] = [values[0]?.statistics.mean, values.at(-1)?.statistics.mean];
          const texts = values.map(({ name, statistics }) => `${spread(statistics, 2)} at ${name}`);
          return (
            `Profile ${profile}: ${texts.join(', ')}; the last is ` +
            `${compared(last ?? Number.NaN, first ?? Number.NaN)} the first.`
          );
        }),
      ],
    };
  },
};
