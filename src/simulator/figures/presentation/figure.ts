/**
 * A figure: which sessions it needs, and how their reports become a picture, a table and sentences.
 * Everything that it says about our runs comes from the reports. Everything that it says about the
 * paper comes from the paper's text, because the numbers in the paper's pictures are not available.
 */

import type { Reports, Scope, Session } from '../sessions/session.js';
import type { Chart } from './chart.js';
import type { Data } from './csv.js';

export interface Drawing {
  /** Tidy: one observation in each row. */
  readonly data: Data;
  readonly chart: Chart;
  /** What the picture shows, in sentences. */
  readonly text: readonly string[];
  /** The numbers, shown below the picture. */
  readonly table?: Data;
}

export interface Figure {
  /** Also the name of its files, without their ending. */
  readonly id: string;
  readonly title: string;
  /** The paper's own words, with the section; absent beyond the paper. */
  readonly quote?: string;
  needs(scope: Scope): readonly Session[];
  draw(reports: Reports, scope: Scope): Drawing;
}
