/**
 * Mutants of a source file: copies with one small change that a good test notices. Two kinds matter
 * for a protocol: a rule's constant is another one, and a rule is not there at all.
 *
 * A constant or guard whose comment says `Speed only` is left as it is: no result depends on it.
 *
 * The source is searched as text. There is no compiler API to parse it with (TypeScript 7), and the
 * code's format is fixed by Biome, so that a guard stands on one line as `if (...) return ...;`.
 */

/** One change of one file: the characters from `start` to `end` become `text`. */
export interface Mutant {
  /** Relative to the repository, `src/...`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: 'doubled' | 'halved' | 'flipped' | 'dropped';
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The changed line as it was, for the report. */
  readonly excerpt: string;
}

/**
 * The source with comments and strings blanked out, so that every other character keeps its place.
 */
function codeOnly(source: string): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/gm, blank);
}

/** The index behind the parenthesis that closes the one at `open`; -1 if there is none. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let index = open; index < code.length; index++) {
    if (code[index] === '(') depth++;
    if (code[index] === ')' && --depth === 0) return index + 1;
  }
  return -1;
}

/** `const NAME = 5` and the fields of constant objects, `  probeIntervalMs: 5000,`. */
const CONSTANT =
  /^(?:export )?const [A-Z][A-Z0-9_]*(?:: [^=]+)? = (?=[\d(])|^ {2,}[a-zA-Z0-9]+: (?=\d)/gm;
const NUMBER = /\d[\d_]*(?:\.\d+)?/y;
const FLAG = /^ {2,}[a-zA-Z0-9]+: (true|false),$/gm;
const GUARD = /\bif \(/g;
const LEAVES = /^ (?:return|continue|break)\b/;

/** Every mutant of a file. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const code = codeOnly(source);
  const mutants: Mutant[] = [];

  const lines = source.split('\n');

  const add = (kind: Mutant['kind'], start: number, end: number, text: string): void => {
    const line = source.slice(0, start).split('\n').length;
    const [before = '', excerpt = ''] = [lines[line - 2], lines[line - 1]?.trim()];
    if (before.includes('Speed only')) return;
    mutants.push({ file, line, kind, start, end, text, excerpt });
  };

  for (const { 0: head, index } of code.matchAll(CONSTANT)) {
    NUMBER.lastIndex = index + head.length;
    const number = NUMBER.exec(code)?.[0];
    const value = Number(number?.replaceAll('_', '') ?? 0);
    if (number === undefined || value === 0) continue;
    const [start, end] = [index + head.length, index + head.length + number.length];
    add('doubled', start, end, `(2 * ${number})`);
    add('halved', start, end, `${value > 1 && value % 2 === 1 ? 'Math.floor' : ''}(${number} / 2)`);
  }
  for (const { 0: text, 1: value = '', index } of code.matchAll(FLAG)) {
    const start = index + text.lastIndexOf(value);
    add('flipped', start, start + value.length, value === 'true' ? 'false' : 'true');
  }
  for (const { index } of code.matchAll(GUARD)) {
    const open = index + 'if '.length;
    const end = closing(code, open);
    if (end === -1 || !LEAVES.test(code.slice(end, end + 10))) continue;
    add('dropped', open, end, '(false)');
  }
  return mutants.sort((a, b) => a.start - b.start);
}

/** The source with the mutant's change. */
export const mutate = (source: string, { start, end, text }: Mutant): string =>
  source.slice(0, start) + text + source.slice(end);
