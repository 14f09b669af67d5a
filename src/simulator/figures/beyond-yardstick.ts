/**
 * Beyond the paper: how far a protocol is from what can be had. Both profiles beside the best trees
 * that a centralised search finds, on three topologies, with one and with five sources.
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

interface Place {
  readonly topology: Scope['topologies'][number];
  readonly sources: number;
}

const placesOf = ({ topologies }: Scope): Place[] =>
  topologies.flatMap((topology) => SOURCES.map((sources) => ({ topology, sources })));

const nameOf = ({ topology, sources }: Place): string =>
  `${topology}, ${plural(sources, 'source')}`;

const sessionAt = (scope: Scope, profile: Profile, { topology, sources }: Place): Session =>
  topology === 'ts1000n'
    ? mainSession(scope, profile, sources)
    : sessionOf(scope, profile, { topology, sources });

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
    placesOf(scope).flatMap((place) => [
      sessionAt(scope, 'paper', place),
      sessionAt(scope, 'fast', place),
    ]),
  draw: (reportsOf, scope) => {
    const places = placesOf(scope);
    const statisticsAt = ({ profile, measure }: Line, place: Place) =>
      over(reportsOf(sessionAt(scope, profile, place)), measure);
    const rows = places.flatMap((place) =>
      LINES.map((line) => {
        const { mean, confidence, count } = statisticsAt(line, place);
        return [place.topology, place.sources, line.name, mean, confidence, count];
      }),
    );
    const columns = ['topology', 'sources', 'tree', 'cost_ratio', 'confidence_95', 'draws_known'];
    return {
      data: { columns, rows },
      chart: {
        x: { label: 'cost ratio C / C_star' },
        y: { label: '', kind: 'category', categories: places.map(nameOf) },
        series: LINES.map((line): Series => {
          const points = places.flatMap((place) =>
            pointOf(nameOf(place), statisticsAt(line, place)).map(({ x, y, ...spread }) => {
              return { x: y, y: x, ...spread };
            }),
          );
          return { name: line.name, tone: line.tone, kind: 'scatter', points };
        }),
      },
      text: [
        'The yardstick knows all distances, searches long, and has a tree of its own for each ' +
          'source; a protocol has one mesh for all of them.',
        ...places.map((place) => {
          const [paper, fast, best] = LINES.map((line) => statisticsAt(line, place).mean) as [
            number,
            number,
            number,
          ];
          return (
            `${nameOf(place)}: profile fast is ${compared(fast, paper)} profile paper, and ` +
            `${compared(fast, best)} the yardstick.`
          );
        }),
        ...(scope.topologies.includes('planetlab490')
          ? [
              'planetlab490 holds measured round trips. There relays may be faster than the direct way, ' +
                'so a ratio may be below 1.',
            ]
          : ['There was no file with measured round trips, so planetlab490 is left out.']),
      ],
      table: { columns, rows },
    };
  },
};
