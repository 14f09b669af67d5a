/**
 * The numbers of one SCX, and the table of all: what the canvas shows, as text. Ids and addresses come
 * from strangers, so they go into the page as textContent only.
 */
import { shortName } from './draw.js';
import { type Picture, parentOf } from './picture.js';
import type { ScxLine } from './record.js';

/** Rows that a table has; more cannot be read. */
const ROWS_MAX = 600;

type Child = Node | string;

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const whole = (value: number): string => Math.round(value).toLocaleString();

/** A button that selects an SCX. */
function link(id: string, onSelect: (id: string) => void): HTMLButtonElement {
  const button = element('button', shortName(id));
  button.type = 'button';
  button.className = 'scx-link';
  button.addEventListener('click', () => onSelect(id));
  return button;
}

const row = (what: string, ...children: readonly Child[]): HTMLElement[] => [
  element('dt', what),
  element('dd', ...children),
];

function sourceRows(
  line: ScxLine,
  source: string | undefined,
  onSelect: (id: string) => void,
): HTMLElement[] {
  const own = line.sketch?.sources.find(({ id }) => id === source);
  if (own === undefined) return row('Fed by', 'no source');
  const isSource = own.scx === line.id;
  const from = isSource ? 'its own source' : own.parent && link(own.parent, onSelect);
  return [...row('Fed by', from || 'nobody now'), ...row('Listeners below', whole(own.audience))];
}

function neighbourList({ sketch }: ScxLine, onSelect: (id: string) => void): HTMLElement {
  const items = (sketch?.neighbours ?? []).map(({ id, rttMs }) =>
    element('li', link(id, onSelect), ` ${ms(rttMs)}`),
  );
  return items.length === 0 ? element('span', 'none') : element('ul', ...items);
}

/** What is known of an SCX, as rows of a list. */
export function detailRows(
  line: ScxLine,
  source: string | undefined,
  onSelect: (id: string) => void,
): HTMLElement[] {
  const { sketch, address, id } = line;
  const about = [...row('Id', id), ...(address === undefined ? [] : row('Address', address))];
  if (sketch === null) return [...about, ...row('State', 'known from others only')];
  const { listeners, failovers, stallMs, repaired, lost } = sketch;
  return [
    ...about,
    ...row('Listeners here', whole(listeners)),
    ...sourceRows(line, source, onSelect),
    ...row('Neighbours', neighbourList(line, onSelect)),
    ...row('Changes of parent', whole(failovers)),
    ...row('Frames repaired', whole(repaired)),
    ...row('Frames lost', whole(lost)),
    ...row('Late by', ms(stallMs)),
  ];
}

/** Puts rows where others are: what has not changed stays, and so does the focus. */
export function patchRows(list: HTMLElement, rows: readonly HTMLElement[]): void {
  for (const [index, row] of rows.entries()) {
    const old = list.children[index];
    if (old === undefined) list.append(row);
    else if (old.textContent !== row.textContent) replaceFocused(old, row);
  }
  while (list.children.length > rows.length) list.lastElementChild?.remove();
}

/** If the focus was at a button of the old one, it is at the button with the same text, or the same place. */
function replaceFocused(old: Element, row: HTMLElement): void {
  const focused = document.activeElement;
  const index = [...old.querySelectorAll<Element>('button')].indexOf(focused ?? old);
  old.replaceWith(row);
  if (index === -1) return;
  const buttons = [...row.querySelectorAll('button')];
  const same = buttons.find(({ textContent }) => textContent === focused?.textContent);
  (same ?? buttons[Math.min(index, buttons.length - 1)])?.focus();
}

/** The rows of all SCXs, in the order of their names, which never changes. */
export function tableRows(
  { scxs }: Picture,
  source: string | undefined,
  onSelect: (id: string) => void,
): HTMLTableRowElement[] {
  return [...scxs.values()]
    .sort((a, b) => (shortName(a.id) < shortName(b.id) ? -1 : 1))
    .slice(0, ROWS_MAX)
    .map((line) => tableRow(line, source, onSelect));
}

function tableRow(
  line: ScxLine,
  source: string | undefined,
  onSelect: (id: string) => void,
): HTMLTableRowElement {
  const { id, sketch } = line;
  const parent = source === undefined ? undefined : parentOf(line, source);
  const counts = sketch && [sketch.listeners, sketch.neighbours.length, sketch.failovers];
  const cells = [
    parent === undefined ? '' : shortName(parent),
    ...(counts?.map(whole) ?? ['', '', '']),
  ];
  const head = element('th', link(id, onSelect));
  head.scope = 'row';
  return element('tr', head, ...cells.map((text) => element('td', text)));
}
