/** Tables for terminals and pipes alike: aligned columns without colours and borders. */
import Table from 'cli-table3';
import { printable } from '../../lib/plain-text.js';

export type Cell = string | number;

const PLAIN = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
} as const;

/** Without control characters: titles come from strangers, and must not control the terminal. */
const shown = (cell: Cell): string => printable(`${cell}`, ' ');

/** The table as text, without a final newline. */
export function drawTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const style = { ...PLAIN.style, head: [], border: [] };
  const table = new Table({ chars: PLAIN.chars, style, head: [...head] });
  for (const row of rows) table.push(row.map((cell) => ({ content: shown(cell) })));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Indents every line that is not empty by two spaces. */
export const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ');
