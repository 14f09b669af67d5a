/** A picture, without a word about how it is drawn. */

/** Whose numbers these are; decides the colour. `published`: what the paper's text says. */
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

/** A place on an axis: a number, or a category. */
export type Place = number | string;

export interface Point {
  readonly x: Place;
  readonly y: Place;
  /** 95% confidence interval, along the axis of values. */
  readonly low?: number;
  readonly high?: number;
  /** Stands beside the point. */
  readonly label?: string;
}

export interface Series {
  readonly name: string;
  readonly tone: Tone;
  readonly kind: 'line' | 'scatter';
  readonly isDashed?: boolean;
  readonly points: readonly Point[];
}

/** What the paper's text says of an axis: a value, or a range. */
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
