/**
 * Figure 11: how often physical links carry the same data (§5.3). The overlay's trees stand beside
 * the unicast star, in which the source sends a copy to every SCX and the links near it carry them
 * all.
 */
import type { LinkStress } from '../metrics/link-stress.js';
import { type Measure, over } from './measures.js';
import type { Mark, Series, Tone } from './presentation/chart.js';
import type { Figure } from './presentation/figure.js';
import { capital, fixed } from './presentation/words.js';
import { mainSession, PROFILE_NAMES, type Reports, type Scope } from './sessions/session.js';

/** One way of distribution, and the stress that it causes. */
interface Line {
  readonly name: string;
  readonly tone: Tone;
  readonly stress: LinkStress;
}

const singles = ({ histogram }: LinkStress): number =>
  histogram.find(({ copies }) => copies === 1)?.links ?? 0;

const worstCopies: Measure = ({ sources }) => sources[0]?.stress?.tree.worst;

/** The first draw: the tree of each profile, and the star. */
function linesOf(reportsOf: Reports, scope: Scope): Line[] {
  const firsts = PROFILE_NAMES.map((profile) => {
    const [report] = reportsOf(mainSession(scope, profile, 1));
    return { profile, stress: report?.sources[0]?.stress };
  });
  const star = firsts[0]?.stress?.star;
  return [
    ...firsts.flatMap(({ profile, stress }) =>
      stress ? [{ name: `tree, profile ${profile}`, tone: profile, stress: stress.tree }] : [],
    ),
    ...(star ? [{ name: 'unicast star', tone: 'star' as const, stress: star }] : []),
  ];
}

/** The paper's text about figure 11. */
const PUBLISHED: Series = {
  name: "the paper's text",
  tone: 'published',
  kind: 'scatter',
  points: [
    { x: 1, y: 177, label: 'paper: star 177' },
    { x: 1, y: 153 },
  ],
};

const MARKS: readonly Mark[] = [
  { axis: 'x', from: 14, label: 'paper: tree at most' },
  { axis: 'x', from: 95, label: 'paper: star' },
];

export const figure11: Figure = {
  id: 'figure-11',
  title: 'Physical links by the copies of the data that they carry',
  quote:
    'In the Gossamer distribution tree, 153 of the physical links carry only one copy, and in the ' +
    'unicast star topology 177 links carry a single copy ... At least two links carry over 95 ' +
    'copies of each data packet in the unicast star topology. On the other hand, with the ' +
    'Gossamer mesh structure, no link carries more than 14 copies of the data. (§5.3)',
  needs: (scope) => PROFILE_NAMES.map((profile) => mainSession(scope, profile, 1)),
  draw: (reportsOf, scope) => {
    const lines = linesOf(reportsOf, scope);
    const mean = PROFILE_NAMES.map((profile) => {
      const worst = over(reportsOf(mainSession(scope, profile, 1)), worstCopies);
      return `${fixed(worst.mean, 1)} with profile ${profile}`;
    });
    return {
      data: {
        columns: ['distribution', 'copies', 'links'],
        rows: lines.flatMap(({ name, stress }) =>
          stress.histogram.map(({ copies, links }) => [name, copies, links]),
        ),
      },
      chart: {
        x: { label: 'copies on a link', kind: 'log' },
        y: { label: 'links', kind: 'log' },
        series: [
          ...lines.map(({ name, tone, stress }) => {
            const points = stress.histogram.map(({ copies, links }) => ({ x: copies, y: links }));
            return { name, tone, kind: 'scatter' as const, points };
          }),
          PUBLISHED,
        ],
        marks: MARKS,
      },
      text: [
        'The first draw with one source.',
        ...lines.map(
          ({ name, stress }) =>
            `${capital(name)}: ${singles(stress)} links carry one copy, ` +
            `the worst one ${stress.worst}.`,
        ),
        "The paper's tree has 153 links with one copy, its star 177.",
        `Over all draws the worst link of a tree carries ${mean.join(' and ')}, on average.`,
      ],
    };
  },
};
