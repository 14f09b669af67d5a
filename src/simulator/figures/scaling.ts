/**
 * Figures 12, 13 and 15 (§5.4), and other measures by the size of a session: the distance from the
 * best tree, the time to settle, and control traffic. by-size.ts draws them all.
 */
import { bothProfiles, figureBySize, growthText } from './by-size.js';
import {
  finalRatio,
  mostKnownSeconds,
  over,
  quietSeconds,
  settledSeconds,
  steadyBytesPerSecond,
  yardstickRatio,
} from './measures.js';
import type { Reports, Scope } from './sessions/session.js';
import { mainSession, PROFILE_NAMES } from './sessions/session.js';

export const figure12 = figureBySize(
  {
    id: 'figure-12',
    title: 'Time until all SCXs know 90% of the others, by session size',
    quote:
      'The time to completion of the Name Dropper algorithm increases with increasing session ' +
      'size. We note that our Name Dropper performance scales essentially linearly. (§5.4)',
  },
  {
    lines: bothProfiles(mostKnownSeconds),
    column: 'all_know_90_percent_s',
    label: 'all know 90% after, s',
    min: 0,
    digits: 1,
    published: { points: [{ x: 100, y: 20, label: 'paper, figure 6' }] },
    text: (reportsOf, scope) => [
      ...growthText(mostKnownSeconds, 'the time', 1)(reportsOf, scope),
      'The paper gives no number for this figure; 20 s at 100 SCXs is its number for figure 6.',
    ],
  },
);

export const figure13 = figureBySize(
  {
    id: 'figure-13',
    title: 'Cost ratio by session size',
    quote:
      'For a small number of SCXs, most of the SCXs are directly connected to the source, and ' +
      'hence the cost ratio is low ... We measured the cost ratio for sessions with up to 350 ' +
      'SCXs. For most fair-sized sessions, the cost ratio remains within 1.6 and 1.9. (§5.4)',
  },
  {
    lines: bothProfiles(finalRatio),
    column: 'cost_ratio',
    label: 'cost ratio C / C_star',
    digits: 2,
    marks: [{ axis: 'y', from: 1.6, to: 1.9, label: 'paper: fair-sized sessions' }],
    text: () => ['The ratio depends on the topology, whose parameters the paper does not give.'],
  },
);

const quietText = (reportsOf: Reports, scope: Scope): string[] =>
  PROFILE_NAMES.map((profile) => {
    const reports = reportsOf(mainSession(scope, profile, 1));
    const { count } = over(reports, quietSeconds);
    return (
      `Profile ${profile}: the paper's own rule, 100 s without a change of the mesh, is met in ` +
      `${count} of ${reports.length} draws at ${scope.scxs} SCXs.`
    );
  });

export const figure15 = figureBySize(
  {
    id: 'figure-15',
    title: 'Time to stability, by session size',
    quote:
      'Most mesh changes occur early on and subside fairly quickly; only a small number of nodes ' +
      'continue to optimize their connections for a while ... The time it takes for the mesh to ' +
      'stabilize increases with increasing number of SCXs. (§5.4)',
  },
  {
    lines: bothProfiles(settledSeconds),
    column: 'settled_s',
    label: 'settled after, s',
    min: 0,
    digits: 0,
    published: { points: [{ x: 100, y: 300, label: 'paper, figures 8 and 10' }] },
    text: (reportsOf, scope) => [
      'Settled: from then on the cost ratio stays within 5% of its final value. That is not the ' +
        "paper's rule, which a mesh that keeps exchanging edges of nearly the same value " +
        'rarely meets.',
      ...quietText(reportsOf, scope),
    ],
  },
);

export const scaleRatio = figureBySize(
  { id: 'scale-cost', title: 'Cost ratio and the best tree found, by session size' },
  {
    lines: [
      ...bothProfiles(finalRatio),
      { name: 'yardstick', tone: 'yardstick', profile: 'fast', measure: yardstickRatio },
    ],
    column: 'cost_ratio',
    label: 'cost ratio C / C_star',
    digits: 2,
    text: () => [
      'The yardstick is the best tree with as many edges per SCX that a centralised search finds, ' +
        'up to 1000 SCXs.',
    ],
  },
);

export const scaleSettling = figureBySize(
  { id: 'scale-settling', title: 'Time until the cost ratio has settled, by session size' },
  {
    lines: bothProfiles(settledSeconds),
    column: 'settled_s',
    label: 'settled after, s',
    min: 0,
    digits: 0,
    text: growthText(settledSeconds, 'the time', 1),
  },
);

export const scaleTraffic = figureBySize(
  { id: 'scale-traffic', title: 'Control traffic of an SCX in the steady state, by session size' },
  {
    lines: bothProfiles(steadyBytesPerSecond),
    column: 'control_bytes_per_second_per_scx',
    label: 'control bytes/s per SCX',
    min: 0,
    digits: 0,
    text: growthText(steadyBytesPerSecond, 'control traffic', 1),
  },
);
