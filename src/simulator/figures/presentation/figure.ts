/**
 * A figure: which sessions it needs, and how their reports become a picture, a table and sentences.
 * All that it says of our own runs comes from the reports; all that it says of the paper is in the
 * paper's text, as its pictures are not.
 */

import type { Reports, Scope, Session } from '../sessions/session.js';
import type { Chart } from './chart.js';
import type { Data } from './csv.js';

export interface Drawing {
  /** Tidy: one observation in each row. */
  readonly data: Data;
  readonly chart: Chart;
  /** What is seen, in plain sentences. */
  readonly text: readonly string[];
  /** For those who want the numbers; shown below the picture. */
  readonly table?: Data;
}

export interface Figure {
  /** Also the name of its files. */
  readonly id: string;
  readonly title: string;
  /** The paper's own words, with the section; absent beyond the paper. */
  readonly quote?: string;
  needs(scope: Scope): readonly Session[];
  draw(reports: Reports, scope: Scope): Drawing;
}
