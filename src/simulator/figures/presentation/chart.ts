/** A picture as data; how it is drawn is not decided here (see cli/figures). */

/** The origin of the numbers, which decides the colour. `published`: from the paper's text. */
export type Tone = 'paper' | 'fast' | 'yardstick' | 'star' | 'published';

export interface Axis {
  readonly label: string;
  /** Default: value. */
  readonly kind?: 'value' | 'log' | 'category';
  /** Of a category axis, in order. */
  readonly categories?: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

/** A position on an axis: a number, or a category. */
export type Position = number | string;

export interface Point {
  readonly x: Position;
  readonly y: Position;
  /** 95% confidence interval, along the axis of values. */
  readonly low?: number;
  readonly high?: number;
  /** Shown beside the point. */
  readonly label?: string;
}

export interface Series {
  readonly name: string;
  readonly tone: Tone;
  readonly kind: 'line' | 'scatter';
  readonly isDashed?: boolean;
  readonly points: readonly Point[];
}

/** A value or a range on an axis that the paper's text gives. */
export interface Mark {
  readonly axis: 'x' | 'y';
  readonly from: number;
  readonly to?: number;
  readonly label: string;
}

export interface Chart {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
}
