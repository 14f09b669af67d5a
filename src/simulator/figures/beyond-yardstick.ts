/**
 * Beyond the paper: how far a protocol is from the best that is possible. Both profiles stand
 * beside the best trees that a centralised search finds, on three topologies, with one and with
 * five sources.
 */

import { finalRatio, type Measure, over, pointOf, yardstickRatio } from './measures.js';
import type { Series } from './presentation/chart.js';
import type { Figure } from './presentation/figure.js';
import { compared, plural } from './presentation/words.js';
import {
  mainSession,
  type Profile,
  type Scope,
  type Session,
  sessionOf,
} from './sessions/session.js';

const SOURCES = [1, 5];

/** Where the three are compared. */
interface Setting {
  readonly topology: Scope['topologies'][number];
  readonly sources: number;
}

const settingsOf = ({ topologies }: Scope): Setting[] =>
  topologies.flatMap((topology) => SOURCES.map((sources) => ({ topology, sources })));

const nameOf = ({ topology, sources }: Setting): string =>
  `${topology}, ${plural(sources, 'source')}`;

const sessionAt = (scope: Scope, profile: Profile, { topology, sources }: Setting): Session =>
  topology === 'ts1000n'
    ? mainSession(scope, profile, sources)
    : sessionOf(scope, profile, { topology, sources, draws: scope.fewDraws });

interface Line {
  readonly name: string;
  readonly tone: 'paper' | 'fast' | 'yardstick';
  readonly profile: Profile;
  readonly measure: Measure;
}

const LINES: readonly Line[] = [
  { name: 'profile paper', tone: 'paper', profile: 'paper', measure: finalRatio },
  { name: 'profile fast', tone: 'fast', profile: 'fast', measure: finalRatio },
  { name: 'yardstick', tone: 'yardstick', profile: 'fast', measure: yardstickRatio },
];

export const yardstickFigure: Figure = {
  id: 'beyond-yardstick',
  title: 'Both profiles beside the best tree found',
  needs: (scope) =>
    settingsOf(scope).flatMap((setting) => [
      sessionAt(scope, 'paper', setting),
      sessionAt(scope, 'fast', setting),
    ]),
  draw: (reportsOf, scope) => {
    const settings = settingsOf(scope);
    const statisticsAt = ({ profile, measure }: Line, setting: Setting) =>
      over(reportsOf(sessionAt(scope, profile, setting)), measure);
    const rows = settings.flatMap((setting) =>
      LINES.map((line) => {
        const { mean, confidence, count } = statisticsAt(line, setting);
        return [setting.topology, setting.sources, line.name, mean, confidence, count];
      }),
    );
    const columns = ['topology', 'sources', 'tree', 'cost_ratio', 'confidence_95', 'draws_known'];
    return {
      data: { columns, rows },
      chart: {
        x: { label: 'cost ratio C / C_star' },
        y: { label: '', kind: 'category', categories: settings.map(nameOf) },
        series: LINES.map((line): Series => {
          const points = settings.flatMap((setting) =>
            pointOf(nameOf(setting), statisticsAt(line, setting)).map(({ x, y, ...spread }) => {
              return { x: y, y: x, ...spread };
            }),
          );
          return { name: line.name, tone: line.tone, kind: 'scatter', points };
        }),
      },
      text: [
        'The yardstick is a long search that knows all distances and finds a tree of its own for ' +
          'each source; a protocol has one mesh for all of them.',
        ...settings.map((setting) => {
          const [paper, fast, best] = LINES.map((line) => statisticsAt(line, setting).mean) as [
            number,
            number,
            number,
          ];
          return (
            `${nameOf(setting)}: profile fast is ${compared(fast, paper)} profile paper, and ` +
            `${compared(fast, best)} the yardstick.`
          );
        }),
        ...(scope.topologies.includes('planetlab490')
          ? [
              'planetlab490 holds measured round trips. In it a relay may be faster than the ' +
                'direct path, so a ratio may be below 1.',
            ]
          : ['Without a file of measured round trips, planetlab490 is left out.']),
      ],
      table: { columns, rows },
    };
  },
};
