/** All figures, in the order of the report, and the sessions that are simulated for them. */
import { ablationFigure } from './ablation.js';
import { yardstickFigure } from './beyond-yardstick.js';
import { figure14 } from './degree.js';
import { figure6, figure7 } from './discovery.js';
import { figure9 } from './distribution.js';
import type { Figure } from './presentation/figure.js';
import { figure8, figure10 } from './progress.js';
import { readingsFigure } from './readings.js';
import {
  figure12,
  figure13,
  figure15,
  scaleRatio,
  scaleSettling,
  scaleTraffic,
} from './scaling.js';
import type { Scope, Session } from './sessions/session.js';
import { figure11 } from './stress.js';

export const FIGURES: readonly Figure[] = [
  ...[figure6, figure7, figure8, figure9, figure10],
  ...[figure11, figure12, figure13, figure14, figure15],
  readingsFigure,
  ...[yardstickFigure, ablationFigure, scaleRatio, scaleSettling, scaleTraffic],
];

/** The sessions that figures need, each once. */
export function planSessions(figures: readonly Figure[], scope: Scope): Session[] {
  const sessions = figures.flatMap((figure) => figure.needs(scope));
  return [...new Map(sessions.map((session) => [session.id, session])).values()];
}
