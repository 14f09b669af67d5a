/**
 * The colours of the pictures. A picture names CSS variables only, and this style gives them values
 * for light and for dark. So one picture suits both, in the report and as a file of its own.
 */
import type { Tone } from '../../../simulator/figures/presentation/chart.js';

/** Of the text and axes, the grid, a range behind the data, the background, and each tone. */
type Colours = Readonly<Record<Tone | 'ink' | 'faint' | 'band' | 'ground', string>>;

/** The tones differ in hue and in lightness. */
const LIGHT: Colours = {
  ink: '#33373d',
  faint: '#d9dce1',
  band: '#fbe9ec',
  ground: '#ffffff',
  paper: '#c2620a',
  fast: '#1668c7',
  yardstick: '#2b8a3e',
  star: '#7a8088',
  published: '#c2255c',
};
const DARK: Colours = {
  ink: '#d3d7dd',
  faint: '#3a3f47',
  band: '#3a2027',
  ground: '#14171b',
  paper: '#f0a04b',
  fast: '#6aa9f4',
  yardstick: '#69c47c',
  star: '#9aa1ab',
  published: '#ff7a9c',
};

const variables = (colours: Colours): string =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour};`)
    .join('');

/** CSS. The report contains it once; a picture that stands alone has its own copy. */
export const CHART_STYLE =
  `:root{color-scheme:light dark;${variables(LIGHT)}}` +
  `@media(prefers-color-scheme:dark){:root{${variables(DARK)}}}`;
