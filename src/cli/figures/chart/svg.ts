/**
 * SVG as text. Pictures are written without a browser, so an element is a string: its name, its
 * attributes, and the markup inside it.
 */

/** An attribute that is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Text as it must be written in HTML and XML, also inside an attribute's quotes. */
export const escapeMarkup = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** Tenths of a pixel are enough; more digits would only make files larger. */
const rounded = (value: number): string => `${Math.round(value * 10) / 10}`;

const attributeOf = (value: string | number): string =>
  typeof value === 'number' ? rounded(value) : escapeMarkup(value);

/** An element; `markup` is what it contains, already escaped. */
export function element(name: string, attributes: Attributes, markup = ''): string {
  const written = Object.entries(attributes)
    .flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${attributeOf(value)}"`]))
    .join('');
  return markup === '' ? `<${name}${written}/>` : `<${name}${written}>${markup}</${name}>`;
}

/** A point of the picture, px from its left upper corner. */
export interface Pixel {
  readonly x: number;
  readonly y: number;
}

/** A line through all points, as the `d` of a path. */
export const pathThrough = (points: readonly Pixel[]): string =>
  points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${rounded(x)} ${rounded(y)}`).join('');

/** A straight line. */
export const line = (from: Pixel, to: Pixel, attributes: Attributes): string =>
  element('line', { x1: from.x, y1: from.y, x2: to.x, y2: to.y, ...attributes });

/** Text with its baseline at a point. Empty text is nothing. */
export const text = (content: string, { x, y }: Pixel, attributes: Attributes = {}): string =>
  content === '' ? '' : element('text', { x, y, ...attributes }, escapeMarkup(content));

/** Keeps text legible on top of lines: its outline has the colour of the background. */
export const HALO: Attributes = {
  stroke: 'var(--ground)',
  'stroke-width': 3,
  'stroke-linejoin': 'round',
  'paint-order': 'stroke',
};
