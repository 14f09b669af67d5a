/**
 * The report: one HTML page with all figures.
 *
 * It is meant to be mailed or put on any web server. So it needs no other file and no script: the
 * pictures are inline SVG, and the links to data and pictures are extras. It reads in light and
 * dark. Each picture is there twice, wide and narrow, and the style shows the one that fits: scaled
 * to a telephone, the text of the wide one would be too small.
 */
import type { Data, Value } from '../../simulator/figures/presentation/csv.js';
import type { Drawing, Figure } from '../../simulator/figures/presentation/figure.js';
import type { Scope } from '../../simulator/figures/sessions/session.js';
import { drawChart, NARROW, WIDE } from './chart/chart-svg.js';
import { CHART_STYLE } from './chart/colours.js';
import { escapeMarkup } from './chart/svg.js';

export interface Drawn {
  readonly figure: Figure;
  readonly drawing: Drawing;
}

/** The facts that a reader needs to reproduce the report. */
export interface Origin {
  readonly seed: number;
  readonly runs: number;
  readonly scope: Scope;
}

const STYLE = `${CHART_STYLE}
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1rem;color:var(--ink);background:var(--ground)}
h2{margin:3rem 0 .5rem;line-height:1.25}
figure{margin:1rem 0}
figure svg{display:block;width:100%;height:auto}
.narrow{display:none}
@media(max-width:34rem){.narrow{display:block}.wide{display:none}}
blockquote{margin:.5rem 0;padding-left:.8rem;border-left:3px solid var(--published);font-style:italic}
.table{overflow-x:auto}
table{border-collapse:collapse;font-size:14px}
th,td{padding:.2rem .7rem .2rem 0;text-align:left;border-bottom:1px solid var(--faint);white-space:nowrap}
a{color:var(--fast)}
nav ul{padding-left:1.2rem}`;

const DIGITS = 4;

const cellOf = (value: Value): string => {
  if (typeof value !== 'number') return escapeMarkup(value ?? '-');
  return Number.isFinite(value) ? `${Number(value.toPrecision(DIGITS))}` : '-';
};

const tableOf = ({ columns, rows }: Data): string => {
  const head = columns
    .map((column) => `<th>${escapeMarkup(column.replaceAll('_', ' '))}</th>`)
    .join('');
  const body = rows
    .map((row) => `<tr>${row.map((value) => `<td>${cellOf(value)}</td>`).join('')}</tr>`)
    .join('\n');
  return `<div class="table"><table><tr>${head}</tr>\n${body}</table></div>`;
};

/** The title, after the figure's number in the paper if it has one. */
const headingOf = ({ id, title }: Figure): string => {
  const number = /^figure-0?(\d+)$/.exec(id)?.[1];
  return number === undefined ? title : `Figure ${number}: ${title}`;
};

function sectionOf({ figure, drawing }: Drawn): string {
  const { id, quote } = figure;
  const label = escapeMarkup(headingOf(figure));
  return `<section id="${id}">
<h2>${label}</h2>
${quote === undefined ? '' : `<blockquote>${escapeMarkup(quote)}</blockquote>`}
<figure role="img" aria-label="${label}">
<div class="wide">${drawChart(drawing.chart, WIDE, `${id}-wide`)}</div>
<div class="narrow">${drawChart(drawing.chart, NARROW, `${id}-narrow`)}</div>
</figure>
<ul>${drawing.text.map((sentence) => `<li>${escapeMarkup(sentence)}</li>`).join('\n')}</ul>
${drawing.table === undefined ? '' : tableOf(drawing.table)}
<p>Data: <a href="${id}.csv">${id}.csv</a>, picture: <a href="${id}.svg">${id}.svg</a></p>
</section>`;
}

const introOf = ({ seed, runs, scope }: Origin): string[] => [
  'The figures of section 5 of the paper, from simulated sessions of the machines that run in ' +
    'production, and some that the paper does not have. Profile paper has the rules and constants ' +
    'as published. Profile fast is the default in production.',
  "Red shows the numbers of the paper's text; its pictures are not available. Where the text has no " +
    'number, nothing is drawn.',
  `${runs} runs with the seeds from ${seed} on. Simulated time: ${scope.untilMs.paper / 1000} s with ` +
    `profile paper, ${scope.untilMs.fast / 1000} s with fast. Unless a figure says otherwise: ` +
    `${scope.scxs} SCXs with at most 3 edges added and 4 accepted each, on transit-stub graphs of ` +
    '1000 nodes, which are drawn anew for each draw; both profiles get the same draws.',
  'Cost ratio: the sum of the path lengths from the source over the tree, divided by the sum of the ' +
    'direct distances.',
];

/** The page, as HTML. */
export function reportOf(drawn: readonly Drawn[], origin: Origin): string {
  const links = drawn.map(
    ({ figure }) => `<li><a href="#${figure.id}">${escapeMarkup(headingOf(figure))}</a></li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Scattercast: figures</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Scattercast: figures</h1>
${introOf(origin)
  .map((paragraph) => `<p>${escapeMarkup(paragraph)}</p>`)
  .join('\n')}
<nav><ul>${links.join('\n')}</ul></nav>
${drawn.map(sectionOf).join('\n')}
</body>
</html>
`;
}
